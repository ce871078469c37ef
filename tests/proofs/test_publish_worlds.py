"""Six thousand invented shops: what is published keeps its bounds, is there, and never falls as stock rises.

And for as long as a decision says that it holds, one who decides again publishes the same.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import combinations
from random import Random

from tasks.rules.listing import Limits
from tests.rules.listing_rows import (
    Buffer,
    Cell,
    Listing,
    Published,
    Raise,
    Stock,
    available_units,
    publish,
    publish_all,
    publish_within,
)

WORLDS = 6000
SKUS, PLACES = ("MUG", "LID"), ("Warehouse", "3PL", "Shop")
PARTS: tuple[dict[str, int], ...] = ({}, {}, {}, {"MUG": 1, "LID": 2}, {"LID": 1})
World = tuple[dict[Cell, Stock], list[Listing]]
HOURS = 10  # for so long a world is looked at
# Layers that grow with the age of a count where they decide no number, and what was sent before.
BY_AGE = (
    *("buffer_risk_units", "buffer_promotion_units", "buffer_units", "oversell_risk", "reason"),
    *("previous_units", "delta"),
)
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


def units_of(worlds: Iterable[World], limits: Limits) -> list[dict[str, int]]:
    published = publish_all("own", [(stock, listings) for stock, listings in worlds], limits)
    return [{row.channel: row.published_units for row in rows} for rows in published]


def one_more(stock: dict[Cell, Stock], cell: Cell) -> dict[Cell, Stock]:
    before = stock.get(cell, Stock(0))
    return stock | {cell: replace(before, on_hand=before.on_hand + 1)}


def test_no_number_leaves_its_bounds_and_the_same_world_gives_the_same_answer() -> None:
    by_limits: dict[Limits, list[tuple[Random, World]]] = defaultdict(list)
    for dice, stock, listings in worlds():
        limits = Limits(
            tight_units=dice.choice((0, 5, 20)), tight_days=Decimal(dice.choice((0, 3)))
        )
        by_limits[limits].append((dice, (stock, listings)))
    for limits, those in by_limits.items():
        published = publish_all("own", [world for _, world in those], limits)
        for row in (row for rows in published for row in rows):
            sellable = row.eligible_units - row.reserved_units
            assert 0 <= row.published_units <= sellable
            assert row.cap_units is None or row.published_units <= row.cap_units
            assert row.published_units == 0 or row.published_units > row.floor_units
            assert row.buffer_units >= 0
        shuffled = [(stock, dice.sample(those, len(those))) for dice, (stock, those) in those]
        assert publish_all("own", shuffled, limits) == published
        alone = [publish("own", *world, limits) for _, world in those[:50]]
        assert alone == published[:50]


def test_of_a_rationed_pool_no_unit_is_published_twice() -> None:
    made = [(stock, listings) for _, stock, listings in worlds()]
    for (stock, listings), units in zip(made, units_of(made, RATIONED), strict=True):
        left = available_units(stock)
        for size in range(1, len(listings) + 1):
            for some in combinations(listings, size):
                places = {place for one in some for place in one.locations}
                for sku in SKUS:
                    needed = sum(units[one.channel] * one.parts.get(sku, 0) for one in some)
                    assert needed <= sum(left.get((sku, place), 0) for place in places)


def test_one_unit_more_never_lowers_what_is_published() -> None:
    """Of ample stock no number falls; of a ration of one SKU the sum does not, where nothing has a floor."""
    before, after, plain_before, plain_after = [], [], [], []
    for dice, stock, listings in worlds():
        more = one_more(stock, (dice.choice(SKUS), dice.choice(PLACES)))
        plain = [replace(x, components={}, buffer=replace(x.buffer, floor=0)) for x in listings]
        before.append((stock, listings))
        after.append((more, listings))
        plain_before.append((stock, plain))
        plain_after.append((more, plain))
    for one, other in zip(units_of(before, SHARED), units_of(after, SHARED), strict=True):
        assert all(one[channel] <= other[channel] for channel in one)
    rationed = units_of(plain_before, RATIONED), units_of(plain_after, RATIONED)
    for one, other in zip(*rationed, strict=True):
        assert sum(one.values()) <= sum(other.values())


def at_age(stock: dict[Cell, Stock], hours: float) -> dict[Cell, Stock]:
    return {
        cell: replace(each, age_hours=Decimal(round(hours * 3600)) / 3600)
        for cell, each in stock.items()
    }


def test_while_a_decision_holds_deciding_again_publishes_the_same() -> None:
    """At random moments and at the last one, after its files are sent; and soon after that something changes."""
    held, ended, changed, of_risk = 0, 0, 0, 0
    for dice, stock, made in worlds():
        limits = Limits(tight_units=dice.choice((0, 5, 20)))
        # Believed, or the last safe figure held, for all of those hours.
        age = dice.choice((0, 31)) + dice.random() * 12
        listings = [
            replace(each, previous=dice.choice((None, 3, 30)), is_echo=dice.random() < 0.1)
            for each in made
        ]
        if dice.random() < 0.85 or not any(each.buffer.risk for each in listings):
            continue
        of_risk += 1
        [now], minutes = publish_within("own", [(at_age(stock, age), listings)], limits, HOURS * 60)
        sent = {row.channel: row.published_units for row in now}
        after = [replace(each, previous=sent[each.channel]) for each in listings]
        for hours in (dice.random() * minutes / 60, minutes / 60):
            again = publish("own", at_age(stock, age + hours), after, limits)
            assert [telling(row, listings) for row in again] == [
                telling(row, listings) for row in now
            ]
        held += minutes
        if minutes < HOURS * 60:
            ended += 1
            soon = publish("own", at_age(stock, age + (minutes + 1) / 60), after, limits)
            changed += [row.published_units for row in soon] != [*sent.values()]
    assert of_risk > 500
    assert held / of_risk > 60  # minutes
    assert ended > of_risk / 20
    assert changed > ended / 2  # the others: what is claimed of tight stock


def telling(row: Published, listings: list[Listing]) -> dict[str, object]:
    """Return what does not depend on the age alone; an echo is one only of a figure that was sent before."""
    left_out = {*BY_AGE, *(["mode"] if any(each.is_echo for each in listings) else [])}
    return {name: value for name, value in vars(row).items() if name not in left_out}
