"""Reorder points, quantities, projections and the plan of a SKU."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.rules.classes import Abc, Xyz
from tasks.rules.reorder import (
    expected_date,
    expected_receipts,
    seed90_reorder_point,
    stock_position,
    without_promise,
)
from tasks.rules.reorder_action import Action
from tasks.rules.reorder_plan import Confidence, plan_reorders, sell_through_rate
from tasks.rules.skus import NEVER, Receipt, Receipts
from tests.rules.rows import (
    ReorderInput,
    capped_days,
    demand_quantile,
    order_quantity,
    plan_reorder,
    predicted,
    project,
    protection,
    rows_of,
    safety_stock,
    skus,
    value,
)

TODAY = date(2026, 11, 22)
STEADY = ReorderInput(
    sku="MUG",
    as_of=TODAY,
    daily=[4, 6] * 45,
    in_stock=[True] * 90,
    on_hand=200,
    available=200,
    lead_time_days=9,
    last_sale=TODAY - timedelta(days=1),
    unit_cost=Decimal("1.50"),
    moq=24,
    case_pack=12,
    owner="buying",
)


def after(days: int) -> date:
    return TODAY + timedelta(days=days)


def receipts(*those: Receipt) -> Receipts:
    return Receipts.of([those], TODAY)


# Formulas


def test_the_seed_policy_is_rate_times_lead_time_plus_days_of_buffer() -> None:
    assert seed90_reorder_point(np.array([450]), np.array([90]), np.array([10.0]), 7) == 5 * 17


def test_more_service_costs_more_stock() -> None:
    levels = [safety_stock(level, 10, 2, 5, 1) for level in (0.9, 0.95, 0.99)]
    assert levels == sorted(levels)
    assert safety_stock(0.5, 10, 2, 5, 1) == 0


def test_steady_demand_takes_the_normal_law() -> None:
    guard = protection(STEADY.daily, 5, 9, 1, 1, 0.95, 10)
    assert guard.method == "normal"
    assert guard.reorder_point == 50 + guard.safety_stock
    assert guard.order_up_to(30) == guard.reorder_point + 150


def test_rare_demand_takes_the_days_that_happened_in_any_order() -> None:
    # Six units on a day in five: three such days in five come once in 17 times.
    guard = protection([0, 0, 0, 0, 6] * 18, 1.2, 4, 0, 1, 0.95, 10)
    assert guard.method == "empirical"
    assert guard.reorder_point == pytest.approx(18)


def test_little_demand_varies_at_least_as_independent_buyers_do() -> None:
    guard = protection([1] * 90, 1, 4, 0, 1, 0.95, 10)
    assert guard.method == "empirical"
    assert guard.reorder_point == pytest.approx(9)  # Poisson's 95 % of 5 × 0.95 (SBA)


def test_a_history_shorter_than_the_period_takes_poisson() -> None:
    guard = protection([1, 0, 2], 1, 9, 0, 1, 0.95, 10)
    assert guard.method == "poisson"
    assert guard.reorder_point > guard.rate * 10


def test_one_day_of_history_has_no_spread() -> None:
    assert value(protection([40], 40, 1, 0, 1, 0.95, 10).demand_sd) is None


def test_no_demand_needs_no_stock() -> None:
    assert protection([0] * 90, 0, 9, 0, 1, 0.95, 10).reorder_point == 0


def test_rows_of_one_supplier_share_its_lead_times_and_each_keeps_its_figure() -> None:
    rows = [
        replace(STEADY, daily=[units] * 90, lead_times=(5, 9), lead_time_days=7, available=9)
        for units in (1, 2)
    ]
    plans, _ = plan_reorders(skus(rows))
    assert rows_of(plans) == [plan_reorder(row) for row in rows]


@given(st.integers(0, 500), st.integers(-100, 500), st.integers(0, 99), st.integers(1, 48))
def test_an_order_fills_the_gap_in_full_cases(
    up_to: int, position: int, moq: int, pack: int
) -> None:
    units = order_quantity(up_to, position, moq, pack)
    if position >= up_to:
        assert units == 0
    else:
        assert position + units >= up_to
        assert units >= moq
        assert units % pack == 0
        assert units < max(up_to - position, moq) + pack


def test_binary_arithmetic_orders_no_unit_more() -> None:
    assert order_quantity(0.1 * 3 * 10, 0) == 3


def test_position_counts_what_comes_and_what_is_owed() -> None:
    coming = receipts(Receipt(after(3), 20))
    assert stock_position(np.array([10.0]), coming, np.array([4]), np.array([6])) == 20


def test_a_promised_day_is_when_an_order_comes() -> None:
    assert expected_date(after(-20), after(-30), 5, TODAY) == after(-20)


def test_without_a_promise_an_order_comes_a_lead_time_after_its_day() -> None:
    assert expected_date(None, after(-2), 4.2, TODAY) == after(3)
    assert expected_date(None, after(-30), 5, TODAY) == after(1), "tomorrow at the earliest"


def test_an_order_of_which_no_day_or_no_lead_time_is_known_comes_nobody_knows_when() -> None:
    assert expected_date(None, None, 4.2, TODAY) is None
    assert expected_date(None, after(-3), None, TODAY) is None


def test_an_order_without_a_promise_says_what_it_is_expected_by() -> None:
    assert without_promise("PO-1", 6, TODAY, date(2026, 12, 1), 4.2) == (
        "PO-1 promises no day for 6 units: by the usual lead time they come on 2026-12-01."
    )
    assert without_promise("PO-1", 6, TODAY, None, None) == (
        "PO-1 promises no day for 6 units, and its lead time is not known: they count as on order,"
        " and no stock-out is expected to end with them."
    )
    assert "and the day of its order is not" in without_promise("PO-1", 6, None, None, 4.2)
    assert "its order and its lead time are not" in without_promise("PO-1", 6, None, None, None)


def test_units_of_an_unknown_day_are_on_order_and_end_no_stock_out() -> None:
    coming = expected_receipts(receipts(Receipt(None, 20), Receipt(after(3), 5)), 14)
    assert (coming.due.tolist(), coming.units.tolist()) == ([[3, NEVER]], [[5, 20]])
    nothing = np.array([0])
    assert stock_position(np.array([10.0]), coming, nothing, nothing) == 35
    assert project(10, 5, [Receipt(None, 20)], TODAY).stockout == 2


def test_a_receipt_too_long_overdue_does_not_count() -> None:
    late = [Receipt(after(5), 3), Receipt(after(-20), 1), Receipt(after(-14), 2)]
    expected = expected_receipts(receipts(*late), 14)
    assert (expected.due.tolist(), expected.units.tolist()) == ([[1, 5, NEVER]], [[2, 3, 0]])


def test_stock_that_nobody_buys_lasts() -> None:
    assert project(10, 0, [], TODAY).stockout is None


def test_a_receipt_in_time_bridges() -> None:
    found = project(10, 5, [Receipt(after(2), 10)], TODAY)
    assert found == SimpleNamespace(stockout=4, short_days=0, end=4, relief=None)


def test_two_gaps_are_both_counted() -> None:
    found = project(5, 5, [Receipt(after(3), 5), Receipt(after(6), 5)], TODAY)
    assert found == SimpleNamespace(stockout=1, short_days=4, end=7, relief=3)


@given(st.integers(0, 200), st.floats(0.1, 20), st.lists(st.integers(1, 60), max_size=4))
def test_more_stock_never_runs_out_sooner(units: int, rate: float, dues: list[int]) -> None:
    coming = [Receipt(after(due), 10) for due in sorted(dues)]
    less, more = (project(stock, rate, coming, TODAY) for stock in (units, units + 7))
    assert less.stockout <= more.stockout
    assert less.end <= more.end
    assert less.short_days >= more.short_days


# The plan


def test_enough_stock_holds_and_says_until_when() -> None:
    plan = plan_reorder(STEADY)
    assert (plan.action, plan.rule_id, plan.suggested_units) == (Action.HOLD, "enough", 0)
    assert plan.velocity == Decimal("5.0000")
    assert plan.days_of_cover == Decimal("40.0")
    assert plan.stockout_date == after(40)
    assert plan.order_by_date is not None
    assert plan.order_by_date > TODAY
    assert (plan.confidence, plan.xyz) == (Confidence.NORMAL, Xyz.X)
    assert plan.reorder_point_seed90 == Decimal("80.00")
    assert plan.suggested_units_seed90 == 0
    assert "days of cover" in plan.reason


def test_a_position_near_the_reorder_point_is_announced() -> None:
    plan = plan_reorder(replace(STEADY, available=80, on_hand=80))
    assert (plan.action, plan.suggested_units) == (Action.SOON, 0)


def test_a_position_at_the_reorder_point_orders() -> None:
    # sd of 4, 6, 4, … is 1.0056; 5 × 10 + 1.6449 × 1.0056 × √10 = 55.23
    assert plan_reorder(STEADY).reorder_point == Decimal("55.23")
    plan = plan_reorder(replace(STEADY, available=55, on_hand=55))
    assert (plan.action, plan.rule_id) == (Action.REORDER, "at-reorder-point")
    assert plan.suggested_units == 156  # 5 × 40 + 5.23 − 55 = 150.23, by cases of 12
    assert plan.suggested_amount == Decimal("234.00")
    assert plan.suggested_units_seed90 == 180  # 80 + 150 − 55 = 175
    assert plan.order_by_date == TODAY


def test_equality_orders() -> None:
    even = replace(STEADY, daily=[5] * 90, available=50, on_hand=50)
    assert plan_reorder(even).reorder_point == 50
    assert plan_reorder(even).action is Action.REORDER
    assert plan_reorder(replace(even, available=51)).action is Action.SOON


def test_what_is_on_order_is_not_ordered_again() -> None:
    low = replace(STEADY, available=55, on_hand=55)
    assert plan_reorder(replace(low, on_order=[Receipt(after(5), 150)])).action is Action.HOLD


def test_an_item_of_class_a_that_will_run_out_is_escalated_with_an_order() -> None:
    plan = plan_reorder(replace(STEADY, available=20, on_hand=20, abc=Abc.A))
    assert (plan.action, plan.rule_id) == (Action.ESCALATE, "stockout-ahead")
    assert plan.suggested_units > 0
    assert plan_reorder(replace(STEADY, available=20, on_hand=20)).action is Action.REORDER


def test_an_item_of_class_a_that_lasts_until_the_order_comes_is_reordered() -> None:
    plan = plan_reorder(replace(STEADY, available=50, on_hand=50, abc=Abc.A))
    assert plan.action is Action.REORDER


def test_too_much_stock_is_overstock() -> None:
    assert plan_reorder(replace(STEADY, available=5000)).action is Action.OVERSTOCK


def test_a_receipt_after_the_stock_is_gone_does_not_hide_the_gap() -> None:
    low = replace(STEADY, available=12, on_hand=12, moq=0, case_pack=1)
    plan = plan_reorder(replace(low, on_order=[Receipt(after(120), 900)]))
    assert (plan.action, plan.rule_id) == (Action.REORDER, "gap-before-receipt")
    assert (
        plan.suggested_units == 194
    )  # up to 5 × 40 + 5.23 = 195.23, as without that receipt; less 12
    soon = plan_reorder(replace(low, on_order=[Receipt(after(20), 900)]))
    assert soon.suggested_units == 94  # 5 × 20 + 5.23 − 12: what lasts until it comes
    assert "comes on 2026-12-12" in soon.reason


def test_a_receipt_that_no_order_can_beat_is_hurried() -> None:
    low = replace(STEADY, available=12, on_hand=12, on_order=[Receipt(after(9), 900)])
    plan = plan_reorder(replace(low, lead_time_days=14, abc=Abc.A))
    assert (plan.action, plan.rule_id) == (Action.ESCALATE, "receipt-too-late")
    assert (plan.suggested_units, plan.order_by_date) == (0, TODAY)
    assert plan_reorder(replace(low, lead_time_days=14)).action is Action.SOON


def test_a_gap_far_ahead_is_ordered_for_in_time() -> None:
    ahead = replace(STEADY, available=300, on_hand=300, on_order=[Receipt(after(120), 900)])
    plan = plan_reorder(ahead)
    assert plan.action is Action.HOLD
    assert plan.order_by_date is not None
    assert plan.stockout_date == after(60)
    assert plan.order_by_date < after(60 - 9)


def test_stock_that_nobody_counts_orders_nothing() -> None:
    plan = plan_reorder(replace(STEADY, on_hand=None, available=None))
    assert (plan.action, plan.rule_id) == (Action.HOLD, "no-stock-count")
    assert (plan.position, plan.suggested_units, plan.suggested_units_seed90) == (None, 0, None)
    assert (plan.days_of_cover, plan.stockout_date, plan.sell_through_rate) == (None, None, None)


def test_a_few_nights_of_history_leave_the_calendar_rate_and_a_person_to_decide() -> None:
    one_a_day = replace(
        STEADY,
        daily=[1] * 90,
        in_stock=[None] * 87 + [True] * 3,
        available=5,
        on_hand=5,
        moq=0,
        case_pack=1,
    )
    plan = plan_reorder(one_a_day)
    assert (plan.velocity, plan.calendar_velocity) == (Decimal("1.0000"), Decimal("1.0000"))
    assert (plan.known_days, plan.in_stock_days) == (3, 3)
    assert plan.confidence is Confidence.LOW
    assert plan.suggested_units <= (plan.suggested_units_seed90 or 0)
    assert "stock is known of 3 of 90 days" in plan.reason


@given(
    st.lists(st.integers(0, 9), min_size=90, max_size=90),
    st.lists(st.sampled_from([True, False, None]), min_size=90, max_size=90),
    st.integers(0, 60),
)
def test_low_confidence_never_orders_more_than_seed90(
    daily: list[int], stocked: list[bool | None], units: int
) -> None:
    plan = plan_reorder(
        replace(STEADY, daily=daily, in_stock=stocked, on_hand=units, available=units)
    )
    if plan.confidence is Confidence.LOW:
        assert plan.suggested_units <= (plan.suggested_units_seed90 or 0)


def test_a_class_a_item_that_sells_has_a_safety_stock() -> None:
    even = replace(STEADY, daily=[5] * 90, abc=Abc.A)
    assert (plan_reorder(even).safety_stock or 0) > 0


def test_what_never_sold_in_all_the_known_days_is_up_for_discontinuation() -> None:
    never = replace(STEADY, daily=[0] * 90, last_sale=None)
    assert plan_reorder(replace(never, known_since=after(-200))).action is Action.DISCONTINUE
    assert plan_reorder(replace(never, known_since=after(-100))).rule_id == "no-demand"
    assert plan_reorder(replace(never, known_since=None)).rule_id == "no-demand"


def test_a_bulk_order_keeps_its_day_where_the_last_days_are_not_known() -> None:
    bulk = replace(STEADY, daily=[*[5] * 60, 900, *[5] * 24], in_stock=[True] * 85)
    [(day, _)] = capped_days(replace(bulk, known_to=after(-6)))
    assert day == after(-30)
    [(day, _)] = capped_days(bulk)
    assert day == after(-25)


def test_what_a_person_must_settle_is_said_in_the_reason() -> None:
    plan = plan_reorder(replace(STEADY, doubts=["S1 states no unit cost."]))
    assert plan.reason.endswith("S1 states no unit cost.")


def test_what_no_longer_sells_is_up_for_discontinuation() -> None:
    dead = replace(STEADY, daily=[0] * 90, last_sale=after(-181))
    assert plan_reorder(dead).action is Action.DISCONTINUE
    assert plan_reorder(replace(dead, on_hand=0)).action is Action.HOLD
    assert plan_reorder(replace(dead, last_sale=after(-180))).rule_id == "no-demand"


def test_without_a_day_in_stock_a_person_decides() -> None:
    plan = plan_reorder(replace(STEADY, daily=[0] * 90, in_stock=[False] * 90))
    assert (plan.action, plan.rule_id) == (Action.ESCALATE, "no-rate")
    assert (plan.velocity, plan.days_of_cover, plan.reorder_point) == (None, None, None)


def test_what_never_sold_has_no_data_and_no_zero() -> None:
    new = replace(STEADY, daily=[], in_stock=[], on_hand=0, available=0, last_sale=None)
    plan = plan_reorder(replace(new, unit_cost=None))
    assert (plan.action, plan.rule_id) == (Action.HOLD, "no-orders")
    unknown = (plan.velocity, plan.sell_through_rate, plan.stockout_date, plan.suggested_amount)
    assert unknown == (None,) * 4


def test_without_a_lead_time_a_person_enters_one() -> None:
    plan = plan_reorder(replace(STEADY, lead_time_days=None))
    assert (plan.action, plan.rule_id) == (Action.ESCALATE, "no-lead-time")
    assert (plan.suggested_units, plan.suggested_units_seed90) == (0, None)


def test_few_days_in_stock_are_low_confidence() -> None:
    short = replace(STEADY, in_stock=[False] * 70 + [True] * 20)
    assert plan_reorder(short).confidence is Confidence.LOW
    unknown = plan_reorder(replace(STEADY, in_stock=[None] * 90))
    assert (unknown.confidence, unknown.in_stock_days) == (Confidence.LOW, None)


def test_a_bulk_order_does_not_raise_the_rate_and_is_named() -> None:
    plan = plan_reorder(replace(STEADY, daily=[*STEADY.daily[:-1], 900]))
    assert plan.velocity is not None
    assert plan.velocity < 6
    assert plan.units_90d == 1344
    assert "The 900 units of 2026-11-21 count as 20." in plan.reason


def test_sell_through_needs_something_to_sell() -> None:
    rates = sell_through_rate(np.array([30, 0]), np.array([70.0, 0.0]))
    assert (rates[0], np.isnan(rates[1])) == (0.3, True)


@given(
    st.lists(st.integers(0, 20), min_size=90, max_size=90), st.integers(0, 300), st.integers(0, 40)
)
def test_more_stock_never_orders_more(daily: list[int], units: int, more: int) -> None:
    plans = [
        plan_reorder(replace(STEADY, daily=daily, on_hand=stock, available=stock, case_pack=1))
        for stock in (units, units + more)
    ]
    assert plans[0].suggested_units >= plans[1].suggested_units
    assert plans[0] == plan_reorder(
        replace(STEADY, daily=daily, on_hand=units, available=units, case_pack=1)
    )


def test_the_emergency_level_is_a_floor_under_the_safety_stock() -> None:
    plain = plan_reorder(STEADY)
    raised = plan_reorder(replace(STEADY, emergency_units=120))
    assert raised.safety_stock == 120
    assert raised.reorder_point == Decimal("170.00")
    assert "Safety stock is the emergency level of 120 units." in raised.reason
    assert plan_reorder(replace(STEADY, emergency_units=1)).safety_stock == plain.safety_stock
    unknown = plan_reorder(replace(STEADY, emergency_units=120, lead_time_days=None))
    assert unknown.safety_stock is None
    assert "emergency" not in unknown.reason


def test_a_hint_is_in_the_reason_and_asks_nobody() -> None:
    assert plan_reorder(replace(STEADY, hint="S2 could be taken.")).reason.endswith(
        "S2 could be taken."
    )


def test_a_rate_guessed_from_few_days_is_guarded_as_a_prediction() -> None:
    assert predicted(30, 10, 90) == pytest.approx(30 * (1 + 1 / 9) ** 0.5)
    assert predicted(30, 10, 10_000) == pytest.approx(30, rel=1e-3)
    assert predicted(0, 10, 90) == 0


def test_unlike_amounts_are_guarded_by_the_quantile_without_any_receipt() -> None:
    daily = [1, 2, 1, 3, 1, 30, 2, 1, 14, 2] * 9
    guard = protection(daily, 5.7, 9, 0.0, 1, 0.95, 10)
    drawn = demand_quantile(daily, [10], 0.95)
    assert drawn is not None
    assert guard.method == "empirical"
    assert guard.safety_stock == pytest.approx(predicted(drawn - 57, 10, 90))
    alike = protection([5, 6, 5, 7, 5, 6] * 15, 5.67, 9, 0.0, 1, 0.95, 10)
    assert alike.method == "normal"
