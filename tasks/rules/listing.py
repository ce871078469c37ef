"""A listing and the rules of one listing alone: floor, cap, and how old stock may be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from tasks.rules.buffer import Buffer, Held, Raise, hold_back

HOURS_PER_DAY = 24


class Freshness(StrEnum):
    """How far the figures of the stock file may still be believed."""

    FRESH = "fresh"
    HELD = "held"
    FLOOR = "floor"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Limits:
    """When stock is tight or old; hours count from the moment the stock was counted."""

    tight_units: int = 5
    tight_days: Decimal = Decimal(0)
    sync_hours: Decimal = Decimal("0.5")
    stale_hours: int = 30
    hold_hours: int = 24
    conservative_units: int = 0


@dataclass(frozen=True)
class Stock:
    """Units of one SKU at one location; `age_hours` is None where no accepted file says when."""

    on_hand: int
    unavailable: int = 0
    reserved: int = 0
    age_hours: Decimal | None = Decimal(0)

    @property
    def usable(self) -> int:
        """Units that are fit to sell, promised or not."""
        return self.on_hand - self.unavailable

    @property
    def available(self) -> int:
        """Units that are fit to sell and not promised; negative when too many are promised."""
        return self.usable - self.reserved


@dataclass(frozen=True)
class Listing:
    """A SKU on a channel. `velocity` is its own units a day there; None where there is no data.

    `locations` may fill its orders, the preferred first. `components` are a bundle's, with the
    quantity of each; empty for a SKU that is itself on the shelf. `read_only` stock is the
    channel's own (FBA): shown, never pushed. `is_echo` says that the stock behind it repeats what a
    channel was sent: it may hold its figure, and not be lowered by its buffer again. `shown` is
    what the channel shows by now: `previous` less what it sold since. `count_error_rate` is the
    share of the units in the books that counts did not find, at the worst of its places; None
    without counts.
    """

    channel: str
    channel_sku: str
    sku: str
    priority: int
    locations: tuple[str, ...]
    buffer: Buffer = field(default_factory=Buffer)
    velocity: Decimal | None = None
    previous: int | None = None
    shown: int | None = None
    components: Mapping[str, int] = field(default_factory=dict)
    dispersion: float = 1.0
    read_only: bool = False
    is_echo: bool = False
    count_error_rate: Decimal | None = None
    promotion: Raise | None = None

    @property
    def parts(self) -> Mapping[str, int]:
        """What leaves the shelf when one is sold."""
        return self.components or {self.sku: 1}

    @property
    def key(self) -> tuple[int, str, str, str]:
        """Who is served first; ties go by name."""
        return self.priority, self.channel, self.channel_sku, self.sku

    def demand(self, hours: Decimal) -> Decimal:
        """Return the units it sells in `hours`; 0 where there is no data."""
        return (self.velocity or Decimal(0)) * hours / HOURS_PER_DAY

    def held_back(self, sellable: int, risk_units: int | None) -> Held:
        """Return what its buffer holds back of `sellable`; `risk_units` is what its risk asks for."""
        return hold_back(
            self.buffer,
            sellable,
            self.velocity,
            self.count_error_rate,
            risk_units,
            self.promotion,
        )


def within_limits(units: int, floor: int, cap: int | None) -> int:
    """Return what may be published of `units`: 0 at or below the floor, never above the cap."""
    if units <= floor:
        return 0
    return units if cap is None else min(units, cap)


def freshness(age_hours: Decimal | None, limits: Limits) -> Freshness:
    """Return how far figures of this age are believed; of unknown age not at all.

    After `stale_hours` the last safe figure is held for `hold_hours`, then the conservative
    figure is published for as long again, then 0.
    """
    if age_hours is None:
        return Freshness.STOPPED
    if age_hours <= limits.stale_hours:
        return Freshness.FRESH
    if age_hours <= limits.stale_hours + limits.hold_hours:
        return Freshness.HELD
    if age_hours <= limits.stale_hours + 2 * limits.hold_hours:
        return Freshness.FLOOR
    return Freshness.STOPPED


def believed(units: int, previous: int | None, state: Freshness, limits: Limits) -> int:
    """Return what may be published of `units` when the figure behind it is old: never more than before.

    A listing of which nothing was ever published has no safe figure: its figure is 0.
    """
    if state is Freshness.FRESH:
        return units
    most = {
        Freshness.HELD: units,
        Freshness.FLOOR: limits.conservative_units,
        Freshness.STOPPED: 0,
    }[state]
    return min(units, previous or 0, most)
