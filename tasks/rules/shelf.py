"""The stock of a pool, and what it holds for each product: SKUs at places, and what is made of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from tasks.rules.columns import Columns, Flags, Floats, Ints, Objects, objects

NOWHERE = 1 << 20  # the preference of a place that fills no order


@dataclass(frozen=True)
class Stock(Columns):
    """Units [SKU × place], the places by name; 0, and of unknown age (NaN), where no file counts them.

    `age_hours` are the hours since they were counted.
    """

    on_hand: Ints
    unavailable: Ints
    reserved: Ints
    age_hours: Floats

    @property
    def usable(self) -> Ints:
        """Units that are fit to sell, promised or not."""
        return self.on_hand - self.unavailable

    @property
    def available(self) -> Ints:
        """Return what each place may still sell of each SKU, promises of the whole pool kept.

        A place that promised more than it has draws on the others of the pool, by name: their
        units are no longer free, wherever the order is filled from in the end.
        """
        free = self.usable - self.reserved
        left = np.maximum(free, 0)
        owed = np.maximum(-free, 0).sum(axis=1, keepdims=True)
        lent_before = np.cumsum(left, axis=1) - left
        return np.asarray(left - np.clip(owed - lent_before, 0, left))


@dataclass(frozen=True)
class Parts(Columns):
    """What leaves the shelf when a product is sold: a row per product and SKU, by product.

    `need` is how many of the SKU: 1 of what is itself on the shelf, a bundle has several parts.
    """

    product: Ints
    sku: Ints
    need: Ints

    @property
    def starts(self) -> Ints:
        """The first row of each product."""
        return np.flatnonzero(np.diff(self.product, prepend=-1))

    def of(self, products: Ints) -> "Parts":
        """Return the parts of some products, each once for every place at which it is named: its new number."""
        count = np.bincount(self.product)[products]
        number = np.repeat(np.arange(len(products)), count)
        before = np.repeat(self.starts[products] - np.cumsum(count) + count, count)
        rows = before + np.arange(len(number))
        return Parts(number, self.sku[rows], self.need[rows])

    def makeable(self, units: Ints) -> Ints:
        """Return how many of each the units make [product × place]; a bundle is packed in one place.

        `units` [SKU × place]; min over the parts of floor(units ÷ quantity), not below 0.
        """
        each = units[self.sku] // self.need[:, None]
        return np.asarray(np.maximum(np.minimum.reduceat(each, self.starts), 0))

    def any_of(self, cells: Flags) -> Flags:
        """Return at which places one of the parts of each is marked [product × place]."""
        return np.asarray(np.logical_or.reduceat(cells[self.sku], self.starts))


@dataclass(frozen=True)
class Ways(Columns):
    """From where orders are filled: `preference` [way × place] is 0 for the first place, NOWHERE for no place.

    `names` are its places as a reader sees them.
    """

    names: Objects
    preference: Ints

    @classmethod
    def of(cls, ways: Sequence[Sequence[str]], places: Sequence[str]) -> "Ways":
        """Return ways, given by the names of their places, among all places of a pool."""
        preference = np.full((len(ways), len(places)), NOWHERE, dtype=np.int64)
        for row, way in enumerate(ways):
            for at, place in enumerate(places):
                if place in way:
                    preference[row, at] = way.index(place)
        return cls(objects(", ".join(way) or "no location" for way in ways), preference)

    @property
    def is_place(self) -> Flags:
        """Whether a way takes from a place [way × place]."""
        return np.asarray(self.preference < NOWHERE)


@dataclass(frozen=True)
class Pool:
    """The stock of a pool, the products that are made of it, and the ways in which its listings are filled."""

    name: str
    stock: Stock
    parts: Parts
    ways: Ways

    def by_way(self, figures: Ints) -> Ints:
        """Return the sums of [row × place] over the places of each way [row × way]."""
        return np.asarray(figures @ self.ways.is_place.T.astype(np.int64))

    def drawn(self, parts: Parts, way: Ints, figures: Floats | Ints | Flags) -> Floats:
        """Return the sums of the figures of parts, each by its way [SKU × way]."""
        ways = len(self.ways)
        cells = np.bincount(parts.sku * ways + way, figures, len(self.stock) * ways)
        return np.asarray(cells, dtype=np.float64).reshape(-1, ways)


@dataclass(frozen=True)
class Holdings(Columns):
    """What the pool and its places hold for each listing, in units of the listing.

    `eligible` is what its places hold, `sellable` the part of it that nobody was promised, `ample` the
    part of that which may be published to every channel. `has_tight` says that one of its places is
    tight. `age_hours` is that of the oldest count that it depends on, NaN where a component was
    counted at none of its places.
    """

    pool_units: Ints
    eligible: Ints
    sellable: Ints
    ample: Ints
    has_tight: Flags
    age_hours: Floats


def tight_cells(left: Ints, demand: Floats, tight_units: int, tight_days: Decimal) -> Flags:
    """Return where units are too few to publish to every channel [SKU × place]; where none are, nothing is shared.

    `demand` is what all listings that draw on a cell sell of it a day. A pool at or below the
    threshold is tight at each of its places, so rationing by place includes rationing by pool; and a
    channel that ships from one nearly empty place is safe from those that have plenty elsewhere.
    """
    is_few = (left <= tight_units) | (left <= np.round(float(tight_days) * demand, 6))
    return is_few & (left > 0)


def holdings(pool: Pool, left: Ints, is_tight: Flags, product: Ints, way: Ints) -> Holdings:
    """Return what there is for listings; it is the same for each of the same product and way.

    `left` is what is there and promised to nobody [SKU × place], `is_tight` where that is too little
    for all [product × place].
    """
    usable, free = pool.parts.makeable(pool.stock.usable), pool.parts.makeable(left)
    return Holdings(
        pool_units=usable.sum(axis=1)[product],
        eligible=pool.by_way(usable)[product, way],
        sellable=pool.by_way(free)[product, way],
        ample=pool.by_way(np.where(is_tight, 0, free))[product, way],
        has_tight=pool.by_way(is_tight.astype(np.int64))[product, way] > 0,
        age_hours=_ages(pool)[product, way],
    )


def _ages(pool: Pool) -> Floats:
    """Return the age of the oldest count that a product by a way depends on [product × way].

    A place that nobody counted holds nothing to sell, and makes the counts of others no older.
    """
    ages = pool.stock.age_hours[pool.parts.sku]
    found = np.full((len(pool.parts.starts), len(pool.ways)), np.nan)
    for way, is_place in enumerate(pool.ways.is_place):
        oldest = np.fmax.reduce(ages[:, is_place], axis=1, initial=np.nan)
        found[:, way] = np.maximum.reduceat(oldest, pool.parts.starts)
    return found
