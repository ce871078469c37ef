"""Settings of the pick list: in what batches a location picks what is due."""

from typing import Literal

from pydantic import Field

from config.strict import Strict


class Picking(Strict):
    """How the orders of a location are put into waves."""

    batch_by: Literal["size", "zone", "due"] = Field(
        "size",
        description="size: orders of one line before the others; zone: by shelf place, else by"
        " category; due: by their promise alone.",
    )
    wave_orders: int = Field(12, ge=1, description="Orders of a wave at most: the totes of a cart.")
