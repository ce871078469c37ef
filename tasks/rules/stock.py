"""What each channel may sell, with every layer between the shelf and the number.

pool → eligible locations → − reserved → bundle limit → − buffer → mode → floor → cap → published.
Everything is counted in units of the listing: of a bundle, how many bundles can be made.
"""

import math
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from tasks.rules.buffer import Held
from tasks.rules.listing import (
    Freshness,
    Limits,
    Listing,
    Stock,
    believed,
    freshness,
    within_limits,
)
from tasks.rules.ration import NO_LIMIT, Cell, Claim, bundle_limit, ration
from tasks.rules.rivals import listing_risk, risk_units, rivals_of


class Mode(StrEnum):
    """How a published number came about."""

    SHARED = "shared"
    RATIONED = "rationed"
    HELD = "held"
    STOPPED = "stopped"
    READ_ONLY = "read_only"


@dataclass(frozen=True)
class Published:
    """One listing's number and every layer it went through: a row of marts.channel_stock."""

    channel: str
    channel_sku: str
    sku: str
    pool: str
    pool_units: int
    eligible_units: int
    reserved_units: int
    bundle_limit: int | None
    buffer_fixed_units: int
    buffer_percent_units: int
    buffer_days_units: int | None
    buffer_count_units: int | None
    buffer_risk_units: int | None
    buffer_promotion_units: int
    buffer_units: int
    buffer_rule: str
    mode: Mode
    floor_units: int
    cap_units: int | None
    published_units: int
    previous_units: int | None
    shown_units: int | None
    delta: int | None
    oversell_risk: Decimal | None
    reason: str


def available_units(stock: Mapping[Cell, Stock]) -> dict[Cell, int]:
    """Return what each location may still sell of each SKU, promises of the whole pool kept.

    A location that promised more than it has draws on the others of the pool, by name: their
    units are no longer free, wherever the order is filled from in the end.
    """
    owed: dict[str, int] = {}
    for (sku, _), at in stock.items():
        owed[sku] = owed.get(sku, 0) + max(-at.available, 0)
    left = {}
    for cell in sorted(stock):
        lent = min(max(stock[cell].available, 0), owed[cell[0]])
        owed[cell[0]] -= lent
        left[cell] = max(stock[cell].available, 0) - lent
    return left


def makeable(listing: Listing, units: Mapping[Cell, int], locations: Iterable[str]) -> int:
    """Return how many of the listing `units` hold; a bundle is packed in one place."""
    parts = listing.parts
    return sum(
        bundle_limit({sku: (units.get((sku, place), 0), need) for sku, need in parts.items()})
        for place in set(locations)
    )


def tight_cells(
    listings: Iterable[Listing], left: Mapping[Cell, int], limits: Limits
) -> frozenset[Cell]:
    """Return the SKUs and locations whose units are too few to publish to every channel.

    A pool at or below the threshold is tight at each of its locations, so rationing by location
    includes rationing by pool; and a channel that ships from one nearly empty place is safe from
    those that have plenty elsewhere.
    """
    demand = dict.fromkeys(left, Decimal(0))
    for listing in listings:
        for sku, need in listing.parts.items():
            for place in listing.locations:
                if (sku, place) in demand:
                    demand[sku, place] += (listing.velocity or 0) * need
    return frozenset(
        cell
        for cell, units in left.items()
        if units <= limits.tight_units or units <= limits.tight_days * demand[cell]
    )


@dataclass(frozen=True)
class Layers:
    """One listing on its way from the shelf to its number.

    `sellable` is what its locations hold and nobody was promised, `ample` the part of it that
    may be published to every channel; `risk_units` what its accepted risk asks to hold back.
    """

    listing: Listing
    pool_units: int
    eligible: int
    sellable: int
    ample: int
    tight_places: tuple[str, ...]
    age_hours: Decimal | None
    risk_units: int | None = None

    def held_back(self, given: int) -> Held:
        """Return what its buffer holds back, once it was given `given` units of tight stock.

        Ample stock and what was given are held back from alike. A listing that has tight stock
        only leaves its buffer on the shelf, so `given` is already less by it.
        """
        base = self.ample + given if self.ample else self.sellable
        return self.listing.held_back(base, self.risk_units)

    def offer(self, given: int) -> int:
        """Return what may be published: all ample stock and what was given, less the buffer."""
        return self.ample + given - self.held_back(given).units if self.ample else given

    def claim(self, hours: Decimal) -> Claim:
        """Return what it asks of tight stock; who has ample stock elsewhere comes last."""
        buffer, offered = self.listing.buffer, self.offer(0)
        return Claim(
            rank=(int(self.ample > 0), *self.listing.key),
            parts=self.listing.parts,
            locations=self.tight_places,
            demand=max(math.ceil(self.listing.demand(hours)) - offered, 0),
            buffer=0 if self.ample else self.held_back(0).units,
            most=NO_LIMIT if buffer.cap is None else max(buffer.cap - offered, 0),
            floor=max(buffer.floor - offered, 0),
            at_least_one=buffer.at_least_one,
        )


def layers(
    listing: Listing,
    stock: Mapping[Cell, Stock],
    usable: Mapping[Cell, int],
    left: Mapping[Cell, int],
    tight: frozenset[Cell],
    places: AbstractSet[str],
) -> Layers:
    """Return the layers of one listing down to what its locations may sell."""
    cells = {place: {(sku, place) for sku in listing.parts} for place in listing.locations}
    tight_places = tuple(place for place in cells if cells[place] & tight)
    sellable = makeable(listing, left, cells)
    ample = makeable(listing, left, cells.keys() - set(tight_places))
    # A place that nobody counted holds nothing to sell, and makes the counts of others no older.
    ages = [
        [
            age
            for place in listing.locations
            if (at := stock.get((sku, place))) and (age := at.age_hours) is not None
        ]
        for sku in listing.parts
    ]
    return Layers(
        listing=listing,
        pool_units=makeable(listing, usable, places),
        eligible=makeable(listing, usable, cells),
        sellable=sellable,
        ample=ample,
        tight_places=tight_places,
        age_hours=max(map(max, ages)) if ages and all(ages) else None,
    )


def publish(
    pool: str, stock: Mapping[Cell, Stock], listings: Iterable[Listing], limits: Limits
) -> list[Published]:
    """Return what is published of each listing of one pool, by priority, channel and listing.

    Shared where stock is ample: every channel gets all that its buffer leaves. Rationed where
    it is tight: Σ published ≤ what is there, at every location and for every component. A
    listing is called rationed when it has no ample location. The order of `listings` is
    immaterial.
    """
    ranked = sorted(listings, key=lambda listing: listing.key)
    pushed = [listing for listing in ranked if not listing.read_only]
    left = available_units(stock)
    tight = tight_cells(pushed, left, limits)
    usable, places = {cell: at.usable for cell, at in stock.items()}, {place for _, place in stock}
    rivals = rivals_of(ranked)
    bare = (layers(listing, stock, usable, left, tight, places) for listing in ranked)
    all_layers = [
        replace(one, risk_units=risk_units(one.listing, rivals, one.age_hours, limits.sync_hours))
        for one in bare
    ]
    claims = [one.claim(limits.sync_hours) for one in all_layers if not one.listing.read_only]
    shares = dict(zip((claim.rank[1:] for claim in claims), ration(claims, left), strict=True))
    given = [shares.get(one.listing.key, 0) for one in all_layers]
    figures = [figure(one, units, limits) for one, units in zip(all_layers, given, strict=True)]
    units_of = {one.listing.key: n for one, (_, n) in zip(all_layers, figures, strict=True)}
    return [
        row(
            pool,
            one,
            one.held_back(share),
            mode,
            units,
            listing_risk(one.listing, units_of, rivals, left, one.age_hours, limits.sync_hours),
        )
        for one, share, (mode, units) in zip(all_layers, given, figures, strict=True)
    ]


def figure(one: Layers, given: int, limits: Limits) -> tuple[Mode, int]:
    """Return how a listing's number comes about and what it is: mode, then floor, then cap."""
    listing = one.listing
    if listing.read_only:
        return Mode.READ_ONLY, one.sellable
    state = freshness(one.age_hours, limits)
    if listing.is_echo and listing.previous is not None and state is Freshness.FRESH:
        # What is there bounds it, and where stock is tight its share; the buffer was taken before.
        most = one.sellable if one.ample else given
        held = min(listing.previous, most)
        return Mode.HELD, within_limits(held, listing.buffer.floor, listing.buffer.cap)
    units = within_limits(
        believed(one.offer(given), listing.previous, state, limits),
        listing.buffer.floor,
        listing.buffer.cap,
    )
    if state is Freshness.FRESH:
        return (Mode.SHARED if one.ample else Mode.RATIONED), units
    return (Mode.HELD if state is Freshness.HELD else Mode.STOPPED), units


def row(
    pool: str, one: Layers, held: Held, mode: Mode, published: int, risk: Decimal | None
) -> Published:
    """Return the row of marts.channel_stock."""
    listing = one.listing
    return Published(
        channel=listing.channel,
        channel_sku=listing.channel_sku,
        sku=listing.sku,
        pool=pool,
        pool_units=one.pool_units,
        eligible_units=one.eligible,
        reserved_units=one.eligible - one.sellable,
        bundle_limit=one.sellable if listing.components else None,
        buffer_fixed_units=held.fixed,
        buffer_percent_units=held.percent,
        buffer_days_units=held.days,
        buffer_count_units=held.count,
        buffer_risk_units=held.risk,
        buffer_promotion_units=held.promotion,
        buffer_units=held.units,
        buffer_rule=listing.buffer.rule,
        mode=mode,
        floor_units=listing.buffer.floor,
        cap_units=listing.buffer.cap,
        published_units=published,
        previous_units=listing.previous,
        shown_units=listing.shown,
        delta=None if listing.previous is None else published - listing.previous,
        oversell_risk=risk,
        reason=reason(one, held, mode, published),
    )


def reason(one: Layers, held: Held, mode: Mode, published: int) -> str:
    """Return the layers as a sentence."""
    listing, buffer = one.listing, one.listing.buffer
    if mode is Mode.READ_ONLY:
        return f"The channel keeps these {one.sellable} units itself; nothing is pushed."
    why = {
        Mode.SHARED: "published to every channel",
        Mode.RATIONED: "rationed by priority",
        Mode.HELD: f"stock {one.age_hours} h old, last safe figure {listing.previous or 0} held",
        Mode.STOPPED: "stock too old or of unknown age",
    }[mode]
    if listing.is_echo and mode is Mode.HELD:
        why = f"the channel's export repeats our last figure, {listing.previous} held"
    limits = f", floor {buffer.floor}" if buffer.floor else ""
    limits += "" if buffer.cap is None else f", cap {buffer.cap}"
    decided = ": ".join(filter(None, [buffer.rule, held.why]))
    if listing.promotion and held.promotion:
        decided += f", {held.promotion} more for the promotion {listing.promotion.title}"
    return (
        f"{one.eligible} units at {', '.join(listing.locations) or 'no location'}, "
        f"{one.eligible - one.sellable} promised, {held.units} held back ({decided}), "
        f"{why}{limits}: {published}."
    )
