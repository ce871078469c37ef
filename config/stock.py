"""Settings of stock: what is held back from a channel, and when stock is tight or old."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field, model_validator

from config.strict import Strict

Pool = Literal["merchant", "3pl", "fba"]
BufferKey = tuple[str | None, str | None, str | None]
"""What a buffer is of: SKU, class, channel."""


def pool_of_kind(location: Mapping[str, Any]) -> Pool:
    """Return the pool of a location that states none: Amazon's are apart, all others one."""
    return "fba" if location.get("kind") == "amazon" else "merchant"


class Buffer(Strict):
    """Units held back from a listing; the largest kind that applies counts."""

    units: int = Field(0, ge=0, description="Held back from every listing.")
    percent: Decimal = Field(Decimal(0), ge=0, le=100, description="Of eligible units, rounded up.")
    days: Decimal = Field(Decimal(0), ge=0, description="Days of cover at the listing's velocity.")
    count_error: bool = Field(
        False, description="Hold back the share of units that cycle counts there did not find."
    )
    risk: Decimal | None = Field(
        None,
        gt=0,
        lt=1,
        description="Accepted chance of overselling until the next sync, as 0.01: as many units are"
        " held back as other channels, and sales since the count, exceed with that chance.",
    )
    at_least_one: bool = Field(False, description="Publish 1 while a unit is really sellable.")
    floor: int = Field(0, ge=0, description="End when: at or below it, publish 0.")
    cap: int | None = Field(None, ge=0, description="Never publish more.")


class BufferRule(Strict):
    """A buffer of its own, which replaces the channel's: of a SKU, or of a class on a channel."""

    sku: str | None = Field(None, description="The seller's SKU.")
    abc: Literal["A", "B", "C"] | None = Field(None, description="Class by value sold, instead.")
    channel: str | None = Field(None, description="Channel that it holds for; a SKU's default all.")
    buffer: Buffer

    @model_validator(mode="after")
    def _is_of_one_thing(self) -> "BufferRule":
        if (self.sku is None) == (self.abc is None):
            raise ValueError("a buffer is of a sku or of a class (abc): name one of the two")
        if self.abc and not self.channel:
            raise ValueError("the buffer of a class (abc) needs a channel")
        return self

    @property
    def key(self) -> BufferKey:
        """What it is of; no two may be of the same."""
        return self.sku, self.abc, self.channel


class Promotion(Strict):
    """How a promotion of the calendar raises the buffers of its listings while it runs."""

    factor: Decimal | None = Field(
        None, ge=1, description="Times the buffer; default the uplift that its calendar expects."
    )
    units: int = Field(0, ge=0, description="At least so many more.")


class Stock(Strict):
    """When stock is tight, old, or worth an alarm."""

    tight_units: int = Field(5, ge=0, description="At or below it, stock is rationed.")
    tight_days: Decimal = Field(
        Decimal(0), ge=0, description="Rationed too at or below so many days of cover."
    )
    sync_hours: Decimal = Field(Decimal("0.5"), gt=0, description="Hours to the next sync.")
    stale_hours: int = Field(30, gt=0, description="Older figures are held, not published.")
    hold_hours: int = Field(24, ge=0, description="How long the last safe figure is held.")
    conservative_units: int = Field(0, ge=0, description="Published after that, for one more hold.")
    promotion: Promotion = Promotion()
