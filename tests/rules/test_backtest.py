"""A policy replayed over days that were: what is sold, lost and kept can be counted by hand."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.rules.backtest import Policy, Replay, by_class, can_be_replayed, replay
from tasks.rules.classes import Abc
from tasks.rules.skus import Thresholds
from tests.rules.rows import ReorderInput, skus

FIRST = date(2026, 1, 1)
WINDOW = 10


def history(
    daily: list[int], in_stock: list[bool | None] | None = None, **more: Any
) -> ReorderInput:
    """Return a SKU that is replayed after ten days, ordered daily, four days on the way."""
    given = ReorderInput(
        sku="CUP",
        as_of=FIRST + timedelta(days=len(daily)),
        daily=tuple(daily),
        in_stock=tuple(in_stock or [None] * len(daily)),
        on_hand=7,
        available=7,
        lead_time_days=4.0,
        cover_days=5,
        window_days=WINDOW,
        abc=Abc.B,
        thresholds=Thresholds(safety_days=0, min_in_stock_days=5),
    )
    return replace(given, **more)


def run(sku: ReorderInput, policy: Policy) -> Replay:
    (found,) = replay(skus([sku]), policy)
    return found


def test_a_steady_sku_is_served_by_orders_in_time() -> None:
    found = run(history([2] * 40), Policy.PROTECTED)
    # It begins with 2 a day for 4 days of lead time, 1 of review and 5 of cover.
    assert (found.days, found.judged_days, found.first_date) == (30, 30, date(2026, 1, 11))
    assert (found.demand_units, found.lost_units, found.stockouts) == (60, 0, 0)
    assert found.orders > 1
    # Nothing comes from nowhere: begun with + ordered − sold is on the shelf or on its way.
    assert 20 + found.ordered_units - 60 >= 0


def test_a_policy_that_orders_too_late_loses_what_is_not_there() -> None:
    """seed90 without a buffer orders at 4 × 2 = 8 and waits 4 days: the shelf is just enough."""
    steady = run(history([2] * 40), Policy.SEED90)
    assert steady.lost_units == 0
    # Three a day from the replay on: the mean of ten days lags behind.
    rising = run(history([2] * 10 + [4] * 10), Policy.SEED90)
    assert rising.lost_units > 0
    assert rising.short_days > 0
    assert rising.stockouts > 0


def test_what_was_wanted_while_the_shop_had_none_is_judged_in_nothing() -> None:
    was_out: list[bool | None] = [None] * 10 + [False] * 5 + [None] * 5
    found = run(history([2] * 10 + [0] * 5 + [2] * 5, was_out), Policy.PROTECTED)
    assert (found.days, found.judged_days, found.demand_units) == (10, 5, 10)


def test_orders_take_the_measured_lead_times_in_turn() -> None:
    slow = run(history([2] * 60, lead_times=(4, 4, 4, 30), lead_time_days=10.5), Policy.PROTECTED)
    quick = run(history([2] * 60, lead_times=(4, 4, 4, 4), lead_time_days=4.0), Policy.PROTECTED)
    assert slow.lost_units >= quick.lost_units
    assert slow.shelf_unit_days != quick.shelf_unit_days


def test_orders_are_placed_on_buying_days_only() -> None:
    daily = run(history([2] * 60), Policy.SEED90)
    weekly = run(history([2] * 60, review_days=7), Policy.SEED90)
    assert weekly.orders < daily.orders


def test_what_never_sold_in_the_window_is_no_reason_to_order() -> None:
    found = run(history([0] * 20), Policy.PROTECTED)
    assert (found.orders, found.demand_units, found.shelf_unit_days) == (0, 0, 0)


@pytest.mark.parametrize(
    ("sku", "can"),
    [
        (history([1] * 11), True),
        (history([1] * 10), False),
        (history([1] * 11, lead_time_days=None), False),
    ],
)
def test_without_a_lead_time_or_a_day_after_the_window_there_is_no_replay(
    sku: ReorderInput, can: bool
) -> None:
    assert can_be_replayed(skus([sku])) == can


def test_skus_are_replayed_together_as_each_alone() -> None:
    """Histories of different length, other lead times: nothing of one touches another."""
    rows = [
        history([2] * 40, as_of=FIRST),
        history([0, 3, 1] * 10, lead_times=(4, 9), lead_time_days=6.5, as_of=FIRST),
        history([1] * 25, [None] * 20 + [False] * 5, review_days=3, abc=None, as_of=FIRST),
    ]
    for policy in Policy:
        assert replay(skus(rows), policy) == [run(row, policy) for row in rows]
        assert replay(skus(rows)[:0], policy) == []


@settings(max_examples=25)
@given(st.lists(st.integers(0, 9), min_size=WINDOW + 1, max_size=40), st.sampled_from(Policy))
def test_units_are_conserved_and_the_same_history_gives_the_same_answer(
    daily: list[int], policy: Policy
) -> None:
    sku = history(daily)
    found = run(sku, policy)
    sold = found.demand_units - found.lost_units
    assert 0 <= found.lost_units <= found.demand_units == sum(daily[WINDOW:])
    begun = -(-sum(daily[:WINDOW]) * 10 // WINDOW)
    assert sold <= begun + found.ordered_units
    assert found.short_days <= found.judged_days == found.days
    assert run(sku, policy) == found


def replayed(sku: str, policy: Policy, abc: Abc = Abc.A, **more: Any) -> Replay:
    given = Replay(sku, "merchant", policy, abc, FIRST, 10, 8, 100, 10, 2, 3, 55, 4, 80)
    return replace(given, **more)


def test_classes_add_up_and_a_cost_that_is_unknown_is_said() -> None:
    replays = [
        replayed("A", Policy.SEED90),
        replayed("B", Policy.SEED90, Abc.C, demand_units=0, lost_units=0),
        replayed("A", Policy.PROTECTED, lost_units=0),
    ]
    left = skus([history([1], abc=None)])
    seed_a, seed_c, seed_all, ours_a, ours_all = by_class(
        replays, left, {"A": Decimal(2), "B": None}
    )
    assert (seed_a.policy, seed_a.abc, seed_a.fill_rate) == (Policy.SEED90, "A", Decimal("0.9"))
    assert (seed_a.average_units, seed_a.average_stock_amount) == (6, Decimal("11.00"))
    assert (seed_a.judged_days, seed_a.unjudged_days, seed_a.left_out_sku_count) == (8, 2, 0)
    assert (seed_c.fill_rate, seed_c.average_stock_amount) == (None, None)
    assert (seed_c.uncosted_sku_count, seed_c.left_out_sku_count) == (1, 1)
    assert (seed_all.abc, seed_all.sku_count, seed_all.average_units) == ("all", 2, 11)
    assert (seed_all.average_stock_amount, seed_all.uncosted_sku_count) == (Decimal("11.00"), 1)
    assert seed_all.last_date == FIRST + timedelta(days=9)
    assert (ours_a.fill_rate, ours_all.order_count) == (Decimal(1), 4)
