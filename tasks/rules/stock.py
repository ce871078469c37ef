"""What each channel may sell, with every layer between the shelf and the number.

pool → eligible places → − reserved → bundle limit → − buffer → mode → floor → cap → published.
Everything is counted in units of the listing: of a bundle, how many bundles can be made.
"""

from bisect import bisect_left
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from tasks.rules.buffer import Held, words
from tasks.rules.columns import (
    Columns,
    Decimals,
    Floats,
    Ints,
    Objects,
    Texts,
    Units,
    objects,
    round_up,
    texts,
)
from tasks.rules.listing import Freshness, Limits, Listings, believed, freshness
from tasks.rules.ration import NO_LIMIT, Claims, ration
from tasks.rules.rivals import Rivals, listing_risks, risk_units, rivals_of
from tasks.rules.shelf import NOWHERE, Holdings, Pool, holdings, tight_cells


class Mode(StrEnum):
    """How a published number came about."""

    SHARED = "shared"
    RATIONED = "rationed"
    HELD = "held"
    STOPPED = "stopped"
    READ_ONLY = "read_only"


MODES = (
    Mode.READ_ONLY,
    Mode.HELD,
    Mode.STOPPED,
    Mode.SHARED,
    Mode.RATIONED,
)  # the first that applies


@dataclass(frozen=True)
class Published(Columns):
    """The number of each listing and every layer it went through: rows of marts.channel_stock."""

    channel: Texts
    channel_sku: Texts
    sku: Texts
    pool: Texts
    pool_units: Ints
    eligible_units: Ints
    reserved_units: Ints
    bundle_limit: Units
    buffer_fixed_units: Ints
    buffer_percent_units: Ints
    buffer_days_units: Units
    buffer_count_units: Units
    buffer_risk_units: Units
    buffer_promotion_units: Ints
    buffer_units: Ints
    buffer_rule: Texts
    mode: Texts
    floor_units: Ints
    cap_units: Units
    published_units: Ints
    previous_units: Units
    shown_units: Units
    delta: Units
    oversell_risk: Decimals
    reason: Texts


@dataclass(frozen=True)
class Layers(Columns):
    """Listings on their way from the shelf to their numbers; `risk_units` are what their accepted risk asks for."""

    listings: Listings
    holds: Holdings
    risk_units: Floats

    def held_back(self, given: Ints) -> Held:
        """Return what their buffers hold back, once they were given `given` units of tight stock.

        Ample stock and what was given are held back from alike. A listing that has tight stock
        only leaves its buffer on the shelf, so `given` is already less by it.
        """
        holds = self.holds
        base = np.where(holds.ample > 0, holds.ample + given, holds.sellable)
        return self.listings.held_back(base, self.risk_units)

    def offer(self, given: Ints, held: Held) -> Ints:
        """Return what may be published: all ample stock and what was given, less the buffer."""
        ample = self.holds.ample
        return np.where(ample > 0, ample + given - held.units, given)

    def claims(self, preference: Ints, hours: Decimal) -> Claims:
        """Return what they ask of their tight places, whose `preference` it is."""
        buffer, nothing = self.listings.buffer, np.zeros(len(self), dtype=np.int64)
        held = self.held_back(nothing)
        offered = self.offer(nothing, held)
        has_cap = ~np.isnan(buffer.cap)
        cap = np.where(has_cap, buffer.cap, 0).astype(np.int64)
        wanted = round_up(self.listings.demand(hours)).astype(np.int64)
        return Claims(
            product=self.listings.product,
            preference=preference,
            demand=np.maximum(wanted - offered, 0),
            buffer=np.where(self.holds.ample > 0, 0, held.units),
            most=np.where(has_cap, np.maximum(cap - offered, 0), NO_LIMIT),
            floor=np.maximum(buffer.floor - offered, 0),
            at_least_one=buffer.at_least_one,
        )


def publish(
    pool: Pool, listings: Listings, limits: Limits, within: int = 0
) -> tuple[Published, int]:
    """Return what is published of each listing of one pool, and for how many minutes of `within` it stays so.

    `listings` are by rank, who is served first is first. It stays as long as nothing comes and no buffer grows;
    within those minutes no count may grow too old (`stale_hours`, `hold_hours`).
    Shared where stock is ample: every channel gets all that its buffer leaves. Rationed where
    it is tight: Σ published ≤ what is there, at every place and for every component. A
    listing is called rationed when it has no ample place.
    """
    left = pool.stock.available
    tight = pool.parts.any_of(
        tight_cells(left, _sold(pool, listings), limits.tight_units, limits.tight_days)
    )
    holds = holdings(pool, left, tight, listings.product, listings.way)
    rivals = rivals_of(pool, listings, holds.age_hours, limits.sync_hours)
    layers = Layers(listings, holds, risk_units(listings, rivals))
    # Who takes nothing from a tight place asks for nothing; who has ample stock elsewhere comes last.
    asking = np.flatnonzero(holds.has_tight & ~listings.read_only)
    asking = asking[np.argsort(holds.ample[asking] > 0, kind="stable")]
    of = layers[asking]
    preference = np.where(
        tight[of.listings.product], pool.ways.preference[of.listings.way], NOWHERE
    )
    given = np.zeros(len(listings), dtype=np.int64)
    given[asking] = ration(of.claims(preference, limits.sync_hours), pool.parts, left)
    held = layers.held_back(given)
    mode, units = figures(layers, given, held, limits)
    published = Published(
        channel=listings.channel,
        channel_sku=listings.channel_sku,
        sku=listings.sku,
        pool=objects([pool.name] * len(listings)),
        pool_units=holds.pool_units,
        eligible_units=holds.eligible,
        reserved_units=holds.eligible - holds.sellable,
        bundle_limit=np.where(listings.is_bundle, holds.sellable, np.nan),
        buffer_fixed_units=held.fixed,
        buffer_percent_units=held.percent,
        buffer_days_units=held.days,
        buffer_count_units=held.count,
        buffer_risk_units=held.risk,
        buffer_promotion_units=held.promotion,
        buffer_units=held.units,
        buffer_rule=listings.buffer.rule,
        mode=objects(MODES)[mode],
        floor_units=listings.buffer.floor,
        cap_units=listings.buffer.cap,
        published_units=units,
        previous_units=listings.previous,
        shown_units=listings.shown,
        delta=units - listings.previous,
        oversell_risk=listing_risks(units, rivals, left),
        reason=reasons(pool, layers, held, mode, units),
    )
    return published, lasting_minutes(layers, rivals, given, limits, within)


def lasting_minutes(
    layers: Layers, rivals: Rivals, given: Ints, limits: Limits, within: int
) -> int:
    """Return for how many whole minutes of `within` the numbers stay the same while their counts grow older.

    Only a buffer that is sized by risk changes with the age of a count, and it only grows. So what listings claim
    of tight stock and what is published of them changes once and for all: halving finds the minute.
    """
    listings, ages = layers.listings, layers.holds.age_hours
    rows = np.flatnonzero(~np.isnan(listings.buffer.risk))
    if not len(rows):
        return within
    asking = layers.holds.has_tight[rows] & ~listings.read_only[rows]
    no_place = np.full((int(asking.sum()), 1), NOWHERE)

    def numbers(minutes: int) -> Ints:
        aged = risk_units(listings, rivals.aged(ages + minutes / 60, limits.sync_hours))
        of = replace(layers[rows], risk_units=aged[rows])
        claims = of[asking].claims(no_place, limits.sync_hours)
        _, units = figures(of, given[rows], of.held_back(given[rows]), limits)
        return np.concatenate([claims.demand, claims.buffer, claims.most, claims.floor, units])

    now = numbers(0)
    return bisect_left(
        range(1, within + 1), True, key=lambda minutes: not np.array_equal(numbers(minutes), now)
    )


def _sold(pool: Pool, listings: Listings) -> Floats:
    """Return what all listings that draw on a place sell of each SKU a day [SKU × place]."""
    parts = pool.parts.of(listings.product)
    sold = np.where(listings.read_only, 0, np.nan_to_num(listings.velocity))[parts.product]
    return pool.drawn(parts, listings.way[parts.product], sold * parts.need) @ pool.ways.is_place


def figures(layers: Layers, given: Ints, held: Held, limits: Limits) -> tuple[Ints, Ints]:
    """Return how the numbers come about (place in MODES) and what they are: mode, then floor, then cap."""
    listings, holds = layers.listings, layers.holds
    state = freshness(holds.age_hours, limits)
    # What is there bounds an echo, and where stock is tight its share; the buffer was taken before.
    is_echo = listings.is_echo & ~np.isnan(listings.previous) & (state == Freshness.FRESH)
    most = np.where(holds.ample > 0, holds.sellable, given)
    shown = np.fmin(listings.previous, most).astype(np.int64)
    safe = believed(layers.offer(given, held), listings.previous, state, limits)
    units = listings.within_limits(np.where(is_echo, shown, safe))
    rule = [
        listings.read_only,
        is_echo | (state == Freshness.HELD),
        state != Freshness.FRESH,
        holds.ample > 0,
    ]
    mode = np.select(rule, list(range(len(rule))), len(rule))
    return mode, np.where(listings.read_only, holds.sellable, units)


def reasons(pool: Pool, layers: Layers, held: Held, mode: Ints, published: Ints) -> Objects:
    """Return the layers of each listing as a sentence."""
    listings, holds, buffer = layers.listings, layers.holds, layers.listings.buffer
    is_held = mode == MODES.index(Mode.HELD)
    is_echo = is_held & listings.is_echo
    return texts(
        lambda *of: _Reason(*of).text,
        mode,
        pool.ways.names[listings.way],
        holds.eligible,
        holds.sellable,
        held.units,
        buffer.rule,
        held.why,
        held.promotion,
        listings.promotion.title,
        np.where(is_held & ~is_echo, holds.age_hours, 0),
        np.where(is_held, np.nan_to_num(listings.previous), 0).astype(np.int64),
        is_echo,
        buffer.floor,
        np.nan_to_num(buffer.cap, nan=-1).astype(np.int64),
        published,
    )


class _Reason(NamedTuple):
    """What is said of a listing; age and last figure only where it is held, a cap below 0 is none."""

    mode: int
    places: str
    eligible: int
    sellable: int
    held: int
    rule: str
    held_why: int
    promotion: int
    title: str
    age_hours: float
    previous: int
    is_echo: bool
    floor: int
    cap: int
    published: int

    @property
    def text(self) -> str:
        """The layers as a sentence."""
        mode = MODES[self.mode]
        if mode is Mode.READ_ONLY:
            return f"The channel keeps these {self.sellable} units itself; nothing is pushed."
        why = {
            Mode.SHARED: "published to every channel",
            Mode.RATIONED: "rationed by priority",
            Mode.HELD: f"stock {self.age_hours} h old, last safe figure {self.previous} held",
            Mode.STOPPED: "stock too old or of unknown age",
        }[mode]
        if self.is_echo:
            why = f"the channel's export repeats our last figure, {self.previous} held"
        limits = f", floor {self.floor}" if self.floor else ""
        limits += f", cap {self.cap}" if self.cap >= 0 else ""
        decided = ": ".join(filter(None, [self.rule, words(self.held_why)]))
        if self.promotion:
            decided += f", {self.promotion} more for the promotion {self.title}"
        return (
            f"{self.eligible} units at {self.places}, {self.eligible - self.sellable} promised, "
            f"{self.held} held back ({decided}), {why}{limits}: {self.published}."
        )
