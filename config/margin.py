"""Settings of the contribution margin: its floors, and how costs that are no order's are shared."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, model_validator

from config.strict import Strict

Rate = Annotated[Decimal, Field(ge=-1, lt=1)]


class Floor(Strict):
    """The lowest margin of one SKU or one ABC class, instead of the shop's."""

    sku: str | None = Field(None, description="The SKU it is for.")
    abc: Literal["A", "B", "C"] | None = Field(None, description="The class it is for.")
    rate: Rate = Field(description="Lowest contribution margin, as a share of revenue.")

    @model_validator(mode="after")
    def _of_one_thing(self) -> "Floor":
        if (self.sku is None) == (self.abc is None):
            raise ValueError("a floor is of a `sku` or of a class `abc`: name one of them")
        return self


class Margin(Strict):
    """What is left of a sale: how it is computed, and what is too little."""

    floor_rate: Rate | None = Field(
        None,
        description="Lowest contribution margin of a SKU on a channel in a month, as a share of its"
        " revenue; below it the owner decides. Without it only SKUs and classes of `floors` are held.",
    )
    floors: tuple[Floor, ...] = Field((), description="Floors of SKUs and classes: a SKU's first.")
    shared_by: Literal["sales", "units"] = Field(
        "sales",
        description="What fees of no order and no SKU (subscription, storage, adjustments) are shared"
        " by, over what the channel sold in the month: `sales`, price less discount; or `units`.",
    )
    ads_for: dict[str, str] = Field(
        default_factory=dict,
        description="Channel that an advertising platform's spend sells for, where its report names"
        " none: `google: shopify`.",
    )
    fee_free: tuple[str, ...] = Field(
        (), description="Channels that take no fee: their buyers pay the shop itself."
    )

    @model_validator(mode="after")
    def _one_floor_each(self) -> "Margin":
        keys = [(floor.sku, floor.abc) for floor in self.floors]
        if twice := sorted({sku or abc or "" for sku, abc in keys if keys.count((sku, abc)) > 1}):
            raise ValueError(f"floors has {', '.join(twice)} twice")
        return self

    @property
    def channels(self) -> frozenset[str]:
        """Every channel it names."""
        return frozenset({*self.ads_for.values(), *self.fee_free})
