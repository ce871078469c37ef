"""What channels may sell: layers, rationing, old stock and the risk of overselling."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.rules.listing import Freshness, Limits, believed, freshness
from tasks.rules.ration import allocate
from tasks.rules.stock import Mode
from tests.rules.listing_rows import (
    Buffer,
    Cell,
    Claim,
    Listing,
    Published,
    Raise,
    Stock,
    available_units,
    hold_back,
    publish,
    ration,
)
from tests.rules.rows import demand_chances, oversell_risk, quantile, risk_buffer

LIMITS = Limits(tight_units=5, sync_hours=Decimal(24), conservative_units=1)
SHELF = {("MUG", "Warehouse"): Stock(20)}


def listing(channel: str, priority: int = 1, **rest: object) -> Listing:
    values: dict[str, object] = {"locations": ("Warehouse",), "velocity": Decimal(1)}
    return Listing(
        channel=channel,
        channel_sku=f"{channel}-MUG",
        priority=priority,
        **({"sku": "MUG"} | values | rest),  # type: ignore[arg-type]
    )


def only(stock: Mapping[Cell, Stock], one: Listing, limits: Limits = LIMITS) -> Published:
    (published,) = publish("own", stock, [one], limits)
    return published


def units_of(
    stock: Mapping[Cell, Stock], listings: Sequence[Listing], limits: Limits = LIMITS
) -> dict[str, int]:
    return {row.channel: row.published_units for row in publish("own", stock, listings, limits)}


# Layers of one listing


def test_every_layer_is_shown() -> None:
    stock = {
        ("MUG", "Warehouse"): Stock(30, unavailable=4, reserved=6),
        ("MUG", "3PL"): Stock(10),
    }
    buffer = Buffer(units=2, percent=Decimal(15), floor=3, cap=12, rule="channel shopify")
    row = only(stock, listing("shopify", buffer=buffer, previous=20))
    assert (row.pool_units, row.eligible_units, row.reserved_units) == (36, 26, 6)
    assert (row.bundle_limit, row.buffer_units, row.buffer_rule) == (None, 3, "channel shopify")
    assert (row.mode, row.floor_units, row.cap_units) == (Mode.SHARED, 3, 12)
    assert (row.published_units, row.previous_units, row.delta) == (12, 20, -8)
    assert row.reason == (
        "26 units at Warehouse, 6 promised, 3 held back (channel shopify: percent), "
        "published to every channel, floor 3, cap 12: 12."
    )


def test_a_bundle_is_counted_in_bundles_that_one_place_can_pack() -> None:
    stock = {
        ("MUG", "Warehouse"): Stock(20),
        ("LID", "Warehouse"): Stock(30, reserved=11),
        ("LID", "3PL"): Stock(50),
    }
    kit = listing("shopify", sku="KIT", components={"MUG": 1, "LID": 2})
    row = only(stock, replace(kit, locations=("Warehouse", "3PL")))
    assert (row.eligible_units, row.reserved_units, row.bundle_limit) == (15, 6, 9)
    assert row.published_units == 9


@pytest.mark.parametrize(
    ("buffer", "held"),
    [
        (Buffer(units=3), 3),
        (Buffer(percent=Decimal(11)), 2),
        (Buffer(days=Decimal("1.5")), 6),
        (Buffer(units=3, percent=Decimal(50), days=Decimal(1)), 5),
        (Buffer(units=99), 10),
        (Buffer(units=99, at_least_one=True), 9),
    ],
)
def test_the_largest_buffer_that_applies_is_held_back(buffer: Buffer, held: int) -> None:
    assert hold_back(buffer, 10, Decimal(4)).units == held


def test_a_kind_of_buffer_whose_input_is_missing_holds_nothing_and_says_so() -> None:
    held = hold_back(Buffer(2, days=Decimal(9), count_error=True, risk=Decimal("0.05")), 10, None)
    assert (held.fixed, held.percent, held.days, held.count, held.risk) == (2, 0, None, None, None)
    assert held.units == 2
    assert held.why == "fixed, days of cover not known, count error not known, risk not known"


def test_units_that_counts_did_not_find_hold_back_their_share() -> None:
    buffer = Buffer(units=1, count_error=True)
    held = hold_back(buffer, 30, Decimal(1), count_error_rate=Decimal("0.08"))
    assert (held.count, held.units, held.why) == (3, 3, "count error")  # 8 % of 30, rounded up
    assert hold_back(buffer, 30, Decimal(1), count_error_rate=Decimal(0)).units == 1


@pytest.mark.parametrize(
    ("promotion", "added", "held"),
    [
        (Raise("Black Week", Decimal(3)), 4, 6),
        (Raise("Black Week", Decimal("1.2"), 4), 4, 6),
        (Raise("Black Week", Decimal("2.2"), 1), 3, 5),  # 4.4 rounded up
        (Raise("Black Week", Decimal(99)), 196, 20),
        (None, 0, 2),
    ],
)
def test_a_promotion_raises_the_buffer(promotion: Raise | None, added: int, held: int) -> None:
    found = hold_back(Buffer(units=2), 20, Decimal(1), promotion=promotion)
    assert (found.promotion, found.units) == (added, held)


def test_a_promotion_is_named_where_it_holds_more_back() -> None:
    promoted = listing("web", buffer=Buffer(2), promotion=Raise("Black Week", Decimal(2)))
    row = only(SHELF, promoted)
    assert (row.buffer_fixed_units, row.buffer_promotion_units, row.buffer_units) == (2, 2, 4)
    assert "4 held back (shop: fixed, 2 more for the promotion Black Week)" in row.reason


def test_a_risk_is_held_over_the_sync_gap_and_the_age_of_the_count() -> None:
    accepts = Buffer(risk=Decimal("0.05"))
    others = listing("amazon", 2, velocity=Decimal(3))

    def held(age: int, **more: Any) -> int | None:
        one = replace(listing("web", buffer=accepts), **more)
        stock = {("MUG", "Warehouse"): Stock(50, age_hours=Decimal(age))}
        units: int | None = publish("own", stock, [one, others], LIMITS)[0].buffer_risk_units
        return units

    assert held(0) == 6  # P(Poisson(3) > 6) = 0.034, P(> 5) = 0.084
    assert held(24) == 12  # Poisson(3 + 4): what all four sold in the day since the count, too
    assert held(0, velocity=None) is None
    assert held(0, sku="KIT", components={"MUG": 4}) == 2


def test_the_accepted_risk_is_kept() -> None:
    for accepted in ("0.01", "0.05", "0.2"):
        buffer = Buffer(risk=Decimal(accepted))
        listings = [
            listing(name, rank, buffer=buffer, velocity=Decimal(rank))
            for rank, name in enumerate(("web", "amazon", "tiktok"), 1)
        ]
        for age in (0, 6, 29):
            stock = {("MUG", "Warehouse"): Stock(90, age_hours=Decimal(age))}
            for row in publish("own", stock, listings, LIMITS):
                assert row.mode is Mode.SHARED
                assert (row.oversell_risk or 0) <= Decimal(accepted)


@pytest.mark.parametrize(("units", "most"), [(9, 6), (5, 5), (4, 0), (0, 0)])
def test_floor_and_cap_are_the_last_word(units: int, most: int) -> None:
    row = only({("MUG", "Warehouse"): Stock(units)}, listing("web", buffer=Buffer(floor=4, cap=6)))
    assert row.published_units == most


def test_the_last_unit_of_a_percentage_is_published_where_asked() -> None:
    stock = {("MUG", "Warehouse"): Stock(1)}
    buffer = Buffer(percent=Decimal(10))
    assert only(stock, listing("shopify", buffer=buffer)).published_units == 0
    buffer = replace(buffer, at_least_one=True)
    assert only(stock, listing("shopify", buffer=buffer)).published_units == 1


def test_ample_stock_publishes_one_even_under_a_large_buffer_where_asked() -> None:
    buffer = Buffer(units=50, at_least_one=True)
    assert only(SHELF, listing("shopify", buffer=buffer)).published_units == 1


def test_promises_beyond_one_place_are_kept_from_the_others() -> None:
    stock = {
        ("MUG", "Warehouse"): Stock(2, reserved=5),
        ("MUG", "3PL"): Stock(10),
        ("LID", "3PL"): Stock(4),
    }
    assert available_units(stock) == {
        ("MUG", "Warehouse"): 0,
        ("MUG", "3PL"): 7,
        ("LID", "3PL"): 4,
    }


def test_a_listing_that_the_channel_keeps_itself_is_shown_and_takes_nothing() -> None:
    fba = listing("amazon", read_only=True)
    rows = publish("fba", {("MUG", "Warehouse"): Stock(4)}, [fba, listing("shopify", 2)], LIMITS)
    assert [(row.mode, row.published_units) for row in rows] == [
        (Mode.READ_ONLY, 4),
        (Mode.RATIONED, 4),
    ]
    assert "nothing is pushed" in rows[0].reason


# Several listings of the same units


def test_ample_stock_is_published_to_every_channel() -> None:
    assert units_of(SHELF, [listing("shopify"), listing("amazon", 2)]) == {
        "shopify": 20,
        "amazon": 20,
    }


def test_tight_stock_serves_demand_by_priority_and_then_the_remainder() -> None:
    channels = [listing("shopify"), listing("amazon", 2), listing("tiktok", 3)]
    assert units_of({("MUG", "Warehouse"): Stock(5)}, channels) == {
        "shopify": 3,
        "amazon": 1,
        "tiktok": 1,
    }
    assert units_of({("MUG", "Warehouse"): Stock(2)}, channels) == {
        "shopify": 1,
        "amazon": 1,
        "tiktok": 0,
    }


def test_ties_of_priority_go_by_name() -> None:
    stock = {("MUG", "Warehouse"): Stock(1)}
    assert units_of(stock, [listing("b"), listing("a")]) == {"a": 1, "b": 0}


def test_stock_is_tight_by_days_of_cover_too() -> None:
    limits = replace(LIMITS, tight_units=0, tight_days=Decimal(10))
    rows = publish("own", SHELF, [listing("shopify"), listing("amazon", 2)], limits)
    assert {row.mode for row in rows} == {Mode.RATIONED}
    assert sum(row.published_units for row in rows) == 20


def test_a_buffer_stays_behind_whatever_the_others_got() -> None:
    channels = [
        listing("shopify", buffer=Buffer(units=2)),
        listing("amazon", 2, buffer=Buffer(units=1)),
    ]
    assert units_of({("MUG", "Warehouse"): Stock(5)}, channels) == {"shopify": 2, "amazon": 2}


def test_a_rationed_channel_gets_its_last_unit_where_asked() -> None:
    eager = listing("amazon", 2, buffer=Buffer(units=9, at_least_one=True))
    assert units_of({("MUG", "Warehouse"): Stock(2)}, [listing("shopify"), eager]) == {
        "shopify": 1,
        "amazon": 1,
    }


def test_units_that_a_floor_would_waste_go_to_the_others() -> None:
    picky = listing("amazon", 2, buffer=Buffer(floor=2))
    assert units_of({("MUG", "Warehouse"): Stock(4)}, [listing("shopify"), picky]) == {
        "shopify": 4,
        "amazon": 0,
    }


def test_a_channel_with_two_places_leaves_the_one_that_another_depends_on() -> None:
    stock = {("MUG", "Warehouse"): Stock(2), ("MUG", "3PL"): Stock(4)}
    wide = listing("shopify", locations=("Warehouse", "3PL"), velocity=Decimal(4))
    assert units_of(stock, [wide, listing("amazon", 2, velocity=Decimal(2))]) == {
        "shopify": 4,
        "amazon": 2,
    }


def test_a_channel_with_ample_stock_elsewhere_comes_last_where_it_is_tight() -> None:
    stock = {("MUG", "Warehouse"): Stock(3), ("MUG", "3PL"): Stock(40)}
    wide = listing("shopify", locations=("Warehouse", "3PL"), velocity=Decimal(4))
    rows = publish("own", stock, [wide, listing("amazon", 2)], LIMITS)
    assert [(row.channel, row.mode, row.published_units) for row in rows] == [
        ("shopify", Mode.SHARED, 40),
        ("amazon", Mode.RATIONED, 3),
    ]


# Old stock


@pytest.mark.parametrize(
    ("age", "state"),
    [
        ("30", Freshness.FRESH),
        ("54", Freshness.HELD),
        ("78", Freshness.FLOOR),
        ("78.1", Freshness.STOPPED),
        (None, Freshness.STOPPED),
    ],
)
def test_old_stock_is_believed_less_and_less(age: str | None, state: Freshness) -> None:
    assert freshness(np.array([age], dtype=np.float64), LIMITS) == [state]


@given(st.integers(0, 50), st.none() | st.integers(0, 50), st.sampled_from(Freshness))
def test_an_old_figure_is_never_raised(units: int, previous: int | None, state: Freshness) -> None:
    before = np.array([previous], dtype=np.float64)
    (figure,) = believed(np.array([units]), before, np.array([state]), LIMITS)
    assert 0 <= figure <= units
    assert state is Freshness.FRESH or figure <= (previous or 0)


@pytest.mark.parametrize(
    ("age", "mode", "units"),
    [
        (Decimal(40), Mode.HELD, 7),
        (Decimal(60), Mode.STOPPED, 1),
        (Decimal(99), Mode.STOPPED, 0),
        (None, Mode.STOPPED, 0),
    ],
)
def test_a_listing_of_old_stock_fails_closed(age: Decimal | None, mode: Mode, units: int) -> None:
    row = only({("MUG", "Warehouse"): Stock(20, age_hours=age)}, listing("shopify", previous=7))
    assert (row.mode, row.published_units) == (mode, units)


def test_a_listing_without_a_stock_record_is_stopped() -> None:
    row = only({}, listing("shopify"))
    assert (row.mode, row.published_units) == (Mode.STOPPED, 0)


# Oversell risk


@pytest.mark.parametrize(("mean", "dispersion"), [(0.3, 1.0), (40, 1.0), (900, 1.0), (3, 2.5)])
def test_chances_add_up_and_have_the_mean(mean: float, dispersion: float) -> None:
    chances = demand_chances(mean, dispersion)
    assert sum(chances) == pytest.approx(1)
    assert sum(units * chance for units, chance in enumerate(chances)) == pytest.approx(mean)


def test_a_risk_buffer_covers_what_the_others_sell() -> None:
    assert risk_buffer(0, 1.0, 0.05) == 0
    assert risk_buffer(3, 1.0, 0.05) == 6  # P(Poisson(3) > 6) = 0.034, P(> 5) = 0.084
    assert risk_buffer(3, 3.0, 0.05) > 6
    assert quantile(3, 1.0, 1.0) > 6


def test_risk_falls_with_the_buffer_and_rises_with_age() -> None:
    risks = [oversell_risk(10, units_of, 4, 10, 4) for units_of in (10, 8, 6, 0)]
    assert risks == sorted(risks, reverse=True)
    assert oversell_risk(10, 8, 4, 8, 4, unseen_mean=2) > oversell_risk(10, 8, 4, 8, 4)


@given(st.integers(0, 15), st.integers(0, 15), st.floats(0, 20), st.floats(0, 20), st.floats(1, 4))
def test_what_is_published_once_is_never_oversold(
    own: int, others: int, own_mean: float, others_mean: float, dispersion: float
) -> None:
    risk = oversell_risk(own + others, own, own_mean, others, others_mean, dispersion=dispersion)
    assert risk == 0


def test_rows_show_the_risk_where_all_velocities_are_known() -> None:
    shared = publish("own", {("MUG", "Warehouse"): Stock(6)}, [listing("a"), listing("b")], LIMITS)
    assert [row.oversell_risk for row in shared] == [Decimal("0.0045")] * 2
    unknown = listing("b", velocity=None)
    rows = publish("own", SHELF, [listing("a"), unknown], LIMITS)
    assert [row.oversell_risk for row in rows] == [None, None]
    apart = replace(unknown, locations=("3PL",))
    rows = publish("own", SHELF, [listing("a"), apart], LIMITS)
    assert [row.oversell_risk for row in rows] == [Decimal("0.0000"), None]


# Properties

PLACES = ("Warehouse", "3PL", "Shop")
stocks = st.builds(
    Stock, on_hand=st.integers(-3, 12), unavailable=st.integers(0, 3), reserved=st.integers(0, 5)
)
buffers = st.builds(
    Buffer,
    units=st.integers(0, 4),
    percent=st.integers(0, 60).map(Decimal),
    days=st.integers(0, 2).map(Decimal),
    count_error=st.booleans(),
    risk=st.none() | st.sampled_from([Decimal("0.01"), Decimal("0.2")]),
    at_least_one=st.booleans(),
    floor=st.integers(0, 3),
    cap=st.none() | st.integers(0, 12),
)


@st.composite
def shelves(draw: st.DrawFn, skus: Sequence[str] = ("MUG",)) -> dict[Cell, Stock]:
    places = draw(st.lists(st.sampled_from(PLACES), min_size=1, max_size=3, unique=True))
    return {(sku, place): draw(stocks) for sku in skus for place in places}


@st.composite
def channels(draw: st.DrawFn, kits: bool = False) -> list[Listing]:
    parts: list[dict[str, int]] = [{}, {"MUG": 1, "LID": 2}, {"LID": 1}] if kits else [{}]
    return [
        listing(
            name,
            draw(st.integers(1, 3)),
            locations=tuple(draw(st.lists(st.sampled_from(PLACES), min_size=1, unique=True))),
            buffer=draw(buffers),
            velocity=draw(st.integers(0, 4).map(Decimal)),
            components=draw(st.sampled_from(parts)),
            count_error_rate=draw(st.none() | st.sampled_from([Decimal("0.2"), Decimal(0)])),
            promotion=draw(st.none() | st.just(Raise("Sale", Decimal("2.5"), 1))),
        )
        for name in "abcd"[: draw(st.integers(1, 4))]
    ]


@settings(max_examples=25)
@given(shelves(("MUG", "LID")), channels(kits=True))
def test_no_number_leaves_its_bounds(stock: dict[Cell, Stock], listings: list[Listing]) -> None:
    for row in publish("own", stock, listings, LIMITS):
        assert 0 <= row.published_units <= row.eligible_units - row.reserved_units
        assert row.cap_units is None or row.published_units <= row.cap_units
        assert row.published_units in (0, row.cap_units) or row.published_units > row.floor_units
        assert 0 <= row.buffer_units <= row.eligible_units <= row.pool_units
        assert 0 <= (row.oversell_risk or 0) <= 1


@settings(max_examples=25)
@given(shelves(("MUG", "LID")), channels(kits=True), st.randoms())
def test_the_order_of_the_listings_is_immaterial(
    stock: dict[Cell, Stock], listings: list[Listing], random: object
) -> None:
    shuffled = list(listings)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert publish("own", stock, shuffled, LIMITS) == publish("own", stock, listings, LIMITS)


@settings(max_examples=25)
@given(shelves(("MUG", "LID")), channels(kits=True))
def test_no_rationed_unit_is_published_twice(
    stock: dict[Cell, Stock], listings: list[Listing]
) -> None:
    """For every set of channels: what is published to them is in the places they may sell from."""
    limits = replace(LIMITS, tight_units=99)
    units = units_of(stock, listings, limits)
    left = available_units(stock)
    for size in range(1, len(listings) + 1):
        for some in combinations(listings, size):
            places = {place for one in some for place in one.locations}
            for sku in ("MUG", "LID"):
                needed = sum(units[one.channel] * one.parts.get(sku, 0) for one in some)
                assert needed <= sum(left.get((sku, place), 0) for place in places)


@settings(max_examples=25)
@given(shelves(), channels())
def test_without_buffers_floors_and_caps_the_ration_wastes_nothing(
    stock: dict[Cell, Stock], listings: list[Listing]
) -> None:
    plain = [replace(one, buffer=Buffer(), promotion=None) for one in listings]
    reachable = {place for one in plain for place in one.locations}
    left = available_units(stock)
    limits = replace(LIMITS, tight_units=99)
    assert sum(units_of(stock, plain, limits).values()) == sum(
        units for (_, place), units in left.items() if place in reachable
    )


def one_unit_more(stock: dict[Cell, Stock], place: str) -> dict[Cell, Stock]:
    before = stock.get(("MUG", place), Stock(0))
    return stock | {("MUG", place): replace(before, on_hand=before.on_hand + 1)}


@settings(max_examples=25)
@given(shelves(), channels(), st.sampled_from(PLACES))
def test_one_unit_more_never_lowers_a_shared_number(
    stock: dict[Cell, Stock], listings: list[Listing], place: str
) -> None:
    limits = replace(LIMITS, tight_units=0)
    before = units_of(stock, listings, limits)
    after = units_of(one_unit_more(stock, place), listings, limits)
    assert all(before[channel] <= after[channel] for channel in before)


@settings(max_examples=25)
@given(shelves(), channels(), st.sampled_from(PLACES))
def test_one_unit_more_never_lowers_the_sum_of_a_ration_without_floors(
    stock: dict[Cell, Stock], listings: list[Listing], place: str
) -> None:
    # With a floor it may: the unit goes to one that is served first, another falls to its floor and
    # ends at 0, and who is left may not take all that it had. Too little is published, never too much.
    limits = replace(LIMITS, tight_units=99)
    open_ended = [replace(one, buffer=replace(one.buffer, floor=0)) for one in listings]
    before = units_of(stock, open_ended, limits)
    after = units_of(one_unit_more(stock, place), open_ended, limits)
    assert sum(before.values()) <= sum(after.values())


@given(st.integers(-3, 12), channels())
def test_one_unit_more_in_one_place_never_lowers_the_sum_even_where_rationing_ends(
    units: int, listings: list[Listing]
) -> None:
    here = [
        replace(one, locations=("Warehouse",), buffer=replace(one.buffer, floor=0))
        for one in listings
    ]
    stock = {("MUG", "Warehouse"): Stock(units)}
    before, after = units_of(stock, here), units_of(one_unit_more(stock, "Warehouse"), here)
    assert sum(before.values()) <= sum(after.values())


@given(st.integers(0, 50), st.lists(st.integers(0, 20)))
def test_an_allocation_takes_in_order_and_no_more_than_there_is(
    units: int, holdings: list[int]
) -> None:
    taken = allocate(np.array(units), np.array(holdings, dtype=np.int64)).tolist()
    assert sum(taken) == min(units, sum(holdings))
    assert all(part <= held for part, held in zip(taken, holdings, strict=True))


def test_a_bundle_is_limited_by_its_scarcest_component() -> None:
    kit = listing("shopify", sku="KIT", components={"MUG": 1, "LID": 2})
    mugs = ("MUG", "Warehouse")
    stock = {mugs: Stock(9), ("LID", "Warehouse"): Stock(7)}
    assert only(stock, kit).bundle_limit == 3
    assert only(stock | {mugs: Stock(-2)}, kit).bundle_limit == 0


def test_claims_are_served_by_rank() -> None:
    assert ration([Claim(demand=2), Claim(demand=2)], 3) == [2, 1]
    assert ration([], 3) == []


def test_stock_that_repeats_our_own_figure_holds_it_and_takes_no_buffer_again() -> None:
    cup = Listing("shopify", "CUP", "CUP", 1, ("Shop",), Buffer(units=2), previous=18, is_echo=True)
    (row,) = publish("merchant", {("CUP", "Shop"): Stock(18)}, [cup], LIMITS)
    assert (row.mode, row.published_units) == (Mode.HELD, 18)
    assert "repeats our last figure" in row.reason
    (sold,) = publish("merchant", {("CUP", "Shop"): Stock(15)}, [cup], LIMITS)
    assert sold.published_units == 15
