"""What each channel may sell, with every layer between the shelf and the number.

pool → eligible locations → − reserved → bundle limit → − buffer → mode → floor → cap → published.
Everything is counted in units of the listing: of a bundle, how many bundles can be made.
"""

import math
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
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
from tasks.rules.rivals import listing_risks, risk_units, rivals_of


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
    for listing in listings if limits.tight_days else ():
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
class Holdings:
    """What the pool and the places of a listing hold for it, in units of the listing.

    `eligible` is what its places hold, `sellable` the part of it that nobody was promised, `ample` the
    part of that which may be published to every channel. `age_hours` is that of the oldest count
    that it depends on, None where a component was counted at none of its places.
    """

    pool_units: int
    eligible: int
    sellable: int
    ample: int
    tight_places: tuple[str, ...]
    age_hours: Decimal | None


@dataclass(frozen=True)
class Layers:
    """One listing on its way from the shelf to its number; `risk_units` is what its accepted risk asks for."""

    listing: Listing
    holds: Holdings
    risk_units: int | None = None

    def held_back(self, given: int) -> Held:
        """Return what its buffer holds back, once it was given `given` units of tight stock.

        Ample stock and what was given are held back from alike. A listing that has tight stock
        only leaves its buffer on the shelf, so `given` is already less by it.
        """
        holds = self.holds
        base = holds.ample + given if holds.ample else holds.sellable
        return self.listing.held_back(base, self.risk_units)

    def offer(self, given: int, held: Held) -> int:
        """Return what may be published: all ample stock and what was given, less the buffer."""
        return self.holds.ample + given - held.units if self.holds.ample else given

    def claim(self, hours: Decimal) -> Claim:
        """Return what it asks of tight stock; who has ample stock elsewhere comes last."""
        buffer, held = self.listing.buffer, self.held_back(0)
        offered = self.offer(0, held)
        return Claim(
            rank=(int(self.holds.ample > 0), *self.listing.key),
            parts=self.listing.parts,
            locations=self.holds.tight_places,
            demand=max(math.ceil(self.listing.demand(hours)) - offered, 0),
            buffer=0 if self.holds.ample else held.units,
            most=NO_LIMIT if buffer.cap is None else max(buffer.cap - offered, 0),
            floor=max(buffer.floor - offered, 0),
            at_least_one=buffer.at_least_one,
        )


@dataclass(frozen=True)
class Pool:
    """The stock of a pool: what is usable at each place, what of it is left to sell, and where it is tight."""

    stock: Mapping[Cell, Stock]
    usable: Mapping[Cell, int]
    left: Mapping[Cell, int]
    tight: frozenset[Cell]
    places: AbstractSet[str]

    def holdings(self, listing: Listing) -> Holdings:
        """Return what there is for a listing; it is the same for each of the same parts and places."""
        parts, places = listing.parts, dict.fromkeys(listing.locations)
        tight_places = tuple(
            place for place in places if any((sku, place) in self.tight for sku in parts)
        )
        # A place that nobody counted holds nothing to sell, and makes the counts of others no older.
        ages = [
            [
                age
                for place in places
                if (at := self.stock.get((sku, place))) and (age := at.age_hours) is not None
            ]
            for sku in parts
        ]
        return Holdings(
            pool_units=makeable(listing, self.usable, self.places),
            eligible=makeable(listing, self.usable, places),
            sellable=makeable(listing, self.left, places),
            ample=makeable(listing, self.left, places.keys() - set(tight_places)),
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
    left = available_units(stock)
    tight = tight_cells((listing for listing in ranked if not listing.read_only), left, limits)
    usable, places = {cell: at.usable for cell, at in stock.items()}, {place for _, place in stock}
    shelf = Pool(stock, usable, left, tight, places)
    known: dict[tuple[object, ...], Holdings] = {}
    holdings = []
    for listing in ranked:
        of = (listing.sku, *listing.components.items(), listing.locations)
        if of not in known:
            known[of] = shelf.holdings(listing)
        holdings.append(known[of])
    rivals = rivals_of(ranked, [held.age_hours for held in holdings], limits.sync_hours)
    all_layers = list(map(Layers, ranked, holdings, risk_units(ranked, rivals)))
    # Who takes nothing from a tight place asks for nothing.
    asking = [
        at
        for at, one in enumerate(all_layers)
        if one.holds.tight_places and not one.listing.read_only
    ]
    given = [0] * len(all_layers)
    claims = [all_layers[at].claim(limits.sync_hours) for at in asking]
    for at, units in zip(asking, ration(claims, left), strict=True):
        given[at] = units
    held = [one.held_back(units) for one, units in zip(all_layers, given, strict=True)]
    figures = [figure(*each, limits) for each in zip(all_layers, given, held, strict=True)]
    risks = listing_risks(ranked, [units for _, units in figures], rivals, left)
    return [
        row(pool, one, holds, mode, units, risk)
        for one, holds, (mode, units), risk in zip(all_layers, held, figures, risks, strict=True)
    ]


def figure(one: Layers, given: int, held: Held, limits: Limits) -> tuple[Mode, int]:
    """Return how a listing's number comes about and what it is: mode, then floor, then cap."""
    listing = one.listing
    if listing.read_only:
        return Mode.READ_ONLY, one.holds.sellable
    state = freshness(one.holds.age_hours, limits)
    if listing.is_echo and listing.previous is not None and state is Freshness.FRESH:
        # What is there bounds it, and where stock is tight its share; the buffer was taken before.
        most = one.holds.sellable if one.holds.ample else given
        shown = min(listing.previous, most)
        return Mode.HELD, within_limits(shown, listing.buffer.floor, listing.buffer.cap)
    units = within_limits(
        believed(one.offer(given, held), listing.previous, state, limits),
        listing.buffer.floor,
        listing.buffer.cap,
    )
    if state is Freshness.FRESH:
        return (Mode.SHARED if one.holds.ample else Mode.RATIONED), units
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
        pool_units=one.holds.pool_units,
        eligible_units=one.holds.eligible,
        reserved_units=one.holds.eligible - one.holds.sellable,
        bundle_limit=one.holds.sellable if listing.components else None,
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
        return f"The channel keeps these {one.holds.sellable} units itself; nothing is pushed."
    why = {
        Mode.SHARED: "published to every channel",
        Mode.RATIONED: "rationed by priority",
        Mode.HELD: f"stock {one.holds.age_hours} h old, last safe figure {listing.previous or 0} held",
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
        f"{one.holds.eligible} units at {', '.join(listing.locations) or 'no location'}, "
        f"{one.holds.eligible - one.holds.sellable} promised, {held.units} held back ({decided}), "
        f"{why}{limits}: {published}."
    )
