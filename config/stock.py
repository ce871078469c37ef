"""Settings of stock: what is held back from a channel, and when stock is tight or old."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from config.strict import Strict

Pool = Literal["merchant", "3pl", "fba"]


def pool_of_kind(location: Mapping[str, Any]) -> Pool:
    """Return the pool of a location that states none: Amazon's are apart, all others one."""
    return "fba" if location.get("kind") == "amazon" else "merchant"


class Buffer(Strict):
    """Units held back from one channel; the largest part that applies counts."""

    units: int = Field(0, ge=0, description="Held back from every listing.")
    percent: Decimal = Field(Decimal(0), ge=0, le=100, description="Of eligible units, rounded up.")
    days: Decimal = Field(Decimal(0), ge=0, description="Days of cover at the listing's velocity.")
    at_least_one: bool = Field(False, description="Publish 1 while a unit is really sellable.")
    floor: int = Field(0, ge=0, description="End when: at or below it, publish 0.")
    cap: int | None = Field(None, ge=0, description="Never publish more.")


class BufferRule(Strict):
    """A buffer of its own for a SKU, on one channel or on all; it replaces the channel's."""

    sku: str = Field(description="The seller's SKU.")
    channel: str | None = Field(None, description="Channel that it holds for; default every one.")
    buffer: Buffer


class Stock(Strict):
    """When stock is tight, old, or worth an alarm."""

    tight_units: int = Field(5, ge=0, description="At or below it, stock is rationed.")
    sync_hours: Decimal = Field(Decimal("0.5"), gt=0, description="Hours to the next sync.")
    stale_hours: int = Field(30, gt=0, description="Older figures are held, not published.")
    hold_hours: int = Field(24, ge=0, description="How long the last safe figure is held.")
    conservative_units: int = Field(0, ge=0, description="Published after that, for one more hold.")
