"""Listings and the rules of one listing alone: floor, cap, and how old stock may be."""

from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum

import numpy as np

from tasks.rules.buffer import Buffers, Held, Raises, hold_back
from tasks.rules.columns import Columns, Flags, Floats, Ints, Objects

HOURS_PER_DAY = 24


class Freshness(IntEnum):
    """How far the figures of the stock file may still be believed."""

    FRESH = 0
    HELD = 1
    FLOOR = 2
    STOPPED = 3


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
class Listings(Columns):
    """SKUs on channels. `velocity` is a listing's own units a day there; NaN where there is no data.

    `product` is the place of what it sells among the products of its pool (tasks/rules/shelf.py), `way`
    that of the places that may fill its orders among the pool's ways. `read_only` stock is the
    channel's own (FBA): shown, never pushed. `is_echo` says that the stock behind it repeats what a
    channel was sent: it may hold its figure, and not be lowered by its buffer again. `shown` is
    what the channel shows by now: `previous` less what it sold since; NaN where nothing was sent.
    `count_error_rate` is the share of the units in the books that counts did not find, at the worst
    of its places; NaN without counts.
    """

    channel: Objects
    channel_sku: Objects
    sku: Objects
    is_bundle: Flags
    product: Ints
    way: Ints
    buffer: Buffers
    velocity: Floats
    previous: Floats
    shown: Floats
    read_only: Flags
    is_echo: Flags
    count_error_rate: Floats
    promotion: Raises

    def demand(self, hours: Decimal) -> Floats:
        """Return the units that each sells in `hours`; 0 where there is no data."""
        return np.nan_to_num(self.velocity) * float(hours) / HOURS_PER_DAY

    def held_back(self, sellable: Ints, risk_units: Floats) -> Held:
        """Return what their buffers hold back of `sellable`; `risk_units` is what their risk asks for."""
        return hold_back(
            self.buffer,
            sellable,
            self.velocity,
            self.count_error_rate,
            risk_units,
            self.promotion,
        )

    def within_limits(self, units: Ints) -> Ints:
        """Return what may be published of `units`: 0 at or below the floor, never above the cap."""
        capped = np.fmin(units, self.buffer.cap).astype(np.int64)
        return np.where(units <= self.buffer.floor, 0, capped)


def freshness(age_hours: Floats, limits: Limits) -> Ints:
    """Return how far figures of each age are believed; of unknown age not at all.

    After `stale_hours` the last safe figure is held for `hold_hours`, then the conservative
    figure is published for as long again, then 0.
    """
    ends = limits.stale_hours + limits.hold_hours * np.arange(3)
    state = np.searchsorted(ends, np.nan_to_num(age_hours, nan=np.inf))
    return np.asarray(state, dtype=np.int64)


def believed(units: Ints, previous: Floats, state: Ints, limits: Limits) -> Ints:
    """Return what may be published of `units` when the figure behind it is old: never more than before.

    A listing of which nothing was ever published has no safe figure: its figure is 0.
    """
    before = np.nan_to_num(previous).astype(np.int64)
    most = np.select(
        [state == Freshness.HELD, state == Freshness.FLOOR], [units, limits.conservative_units], 0
    )
    return np.where(state == Freshness.FRESH, units, np.minimum(np.minimum(units, before), most))
