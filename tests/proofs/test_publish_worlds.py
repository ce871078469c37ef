"""Six thousand invented shops: what is published keeps its bounds, is there, and never falls as stock rises."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import combinations
from random import Random

from tasks.rules.buffer import Buffer, Raise
from tasks.rules.listing import Limits, Listing, Stock
from tasks.rules.ration import Cell
from tasks.rules.stock import available_units, publish

WORLDS = 6000
SKUS, PLACES = ("MUG", "LID"), ("Warehouse", "3PL", "Shop")
PARTS: tuple[dict[str, int], ...] = ({}, {}, {}, {"MUG": 1, "LID": 2}, {"LID": 1})
SHARED, RATIONED = Limits(tight_units=0), Limits(tight_units=999)


def worlds() -> Iterator[tuple[Random, dict[Cell, Stock], list[Listing]]]:
    """Yield each world: its shelves and its listings."""
    for seed in range(WORLDS):
        dice = Random(seed)
        places = dice.sample(PLACES, dice.randint(1, 3))
        stock = {
            (sku, place): Stock(dice.randint(-3, 40), dice.randint(0, 3), dice.randint(0, 5))
            for sku in SKUS
            for place in places
        }
        yield dice, stock, [listing(dice, name) for name in "abcd"[: dice.randint(1, 4)]]


def listing(dice: Random, channel: str) -> Listing:
    """Return a listing with a buffer of any kind."""
    return Listing(
        channel=channel,
        channel_sku=f"{channel}-MUG",
        sku="MUG",
        priority=dice.randint(1, 3),
        locations=tuple(dice.sample(PLACES, dice.randint(1, 3))),
        buffer=Buffer(
            units=dice.choice((0, 0, 1, 4)),
            percent=Decimal(dice.choice((0, 0, 10, 60))),
            days=Decimal(dice.choice((0, 0, 2))),
            count_error=dice.random() < 0.3,
            risk=dice.choice((None, None, Decimal("0.01"), Decimal("0.2"))),
            at_least_one=dice.random() < 0.3,
            floor=dice.choice((0, 0, 2)),
            cap=dice.choice((None, None, 0, 12)),
        ),
        velocity=dice.choice((None, Decimal(0), Decimal("1.5"), Decimal(4))),
        components=dice.choice(PARTS),
        count_error_rate=dice.choice((None, Decimal(0), Decimal("0.07"))),
        promotion=dice.choice((None, None, Raise("Sale", Decimal("2.5"), 1))),
    )


def units_of(stock: dict[Cell, Stock], listings: list[Listing], limits: Limits) -> dict[str, int]:
    return {row.channel: row.published_units for row in publish("own", stock, listings, limits)}


def one_more(stock: dict[Cell, Stock], cell: Cell) -> dict[Cell, Stock]:
    before = stock.get(cell, Stock(0))
    return stock | {cell: replace(before, on_hand=before.on_hand + 1)}


def test_no_number_leaves_its_bounds_and_the_same_world_gives_the_same_answer() -> None:
    for dice, stock, listings in worlds():
        limits = Limits(
            tight_units=dice.choice((0, 5, 20)), tight_days=Decimal(dice.choice((0, 3)))
        )
        rows = publish("own", stock, listings, limits)
        for row in rows:
            sellable = row.eligible_units - row.reserved_units
            assert 0 <= row.published_units <= sellable
            assert row.cap_units is None or row.published_units <= row.cap_units
            assert row.published_units == 0 or row.published_units > row.floor_units
            assert row.buffer_units >= 0
        dice.shuffle(listings)
        assert publish("own", stock, listings, limits) == rows


def test_of_a_rationed_pool_no_unit_is_published_twice() -> None:
    for _, stock, listings in worlds():
        units, left = units_of(stock, listings, RATIONED), available_units(stock)
        for size in range(1, len(listings) + 1):
            for some in combinations(listings, size):
                places = {place for one in some for place in one.locations}
                for sku in SKUS:
                    needed = sum(units[one.channel] * one.parts.get(sku, 0) for one in some)
                    assert needed <= sum(left.get((sku, place), 0) for place in places)


def test_one_unit_more_never_lowers_what_is_published() -> None:
    """Of ample stock no number falls; of a ration of one SKU the sum does not, where nothing has a floor."""
    for dice, stock, listings in worlds():
        cell = dice.choice(SKUS), dice.choice(PLACES)
        before = units_of(stock, listings, SHARED)
        after = units_of(one_more(stock, cell), listings, SHARED)
        assert all(before[channel] <= after[channel] for channel in before)
        plain = [replace(x, components={}, buffer=replace(x.buffer, floor=0)) for x in listings]
        total = sum(units_of(stock, plain, RATIONED).values())
        assert total <= sum(units_of(one_more(stock, cell), plain, RATIONED).values())
