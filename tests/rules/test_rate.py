"""The rate a plan counts on: demand that dies out, new SKUs, and the time of the year."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from tasks.rules import rate
from tasks.rules.classes import Abc
from tasks.rules.columns import Series
from tasks.rules.rate import Rate, month_index, rate_of, season
from tasks.rules.reorder import independent_buyers
from tasks.rules.reorder_plan import Confidence
from tests.rules.rows import (
    Guard,
    ReorderInput,
    dying_days,
    plan_reorder,
    skus,
    tsb,
    value,
    with_column,
)

TODAY = date(2026, 11, 1)


def sku(daily: list[int], name: str = "CUP", **more: Any) -> ReorderInput:
    given = ReorderInput(
        name,
        TODAY,
        tuple(daily),
        (True,) * len(daily),
        on_hand=5,
        available=5,
        lead_time_days=10.0,
        known_since=TODAY - timedelta(days=200),
        last_sale=TODAY - timedelta(days=1),
    )
    return replace(given, **more)


def with_peers(rows: list[ReorderInput], siblings: dict[str, str]) -> list[ReorderInput]:
    found = rate.with_peers(skus(rows), siblings)
    return with_column(rows, found, "peer_rate", "peer", "is_peer_named")


def with_seasons(rows: list[ReorderInput], months: dict[str, list[int]]) -> list[ReorderInput]:
    return with_column(rows, rate.with_seasons(skus(rows), months), "season_factor")


def rate_for(one: ReorderInput, own: float) -> Rate:
    return rate_of(skus([one]), Series.of([one.daily]), np.array([own]))


@pytest.mark.parametrize(
    ("daily", "quiet"),
    [
        ([], 0),
        ([0] * 90, 0),  # never sold: nothing dies
        ([2] * 60 + [0] * 13, 0),  # not yet two whole weeks
        ([2] * 60 + [0] * 14, 14),
        (
            [1, 0, 0, 0, 0, 0, 0, 0, 0, 0] * 6 + [0] * 20,
            0,
        ),  # one day in ten: 29 days come by chance
        ([1, 0, 0, 0, 0, 0, 0, 0, 0, 0] * 6 + [0] * 40, 49),
        ([2] * 60 + [0] * 30 + [1], 0),  # it sold again
    ],
)
def test_a_run_without_a_sale_shows_that_demand_dies_out_where_chance_does_not_explain_it(
    daily: list[int], quiet: int
) -> None:
    assert dying_days(daily) == quiet


def test_what_dies_out_counts_at_the_rate_that_falls() -> None:
    daily = [2] * 60 + [0] * 30
    found = rate_for(sku(daily), 120 / 90)
    assert found.per_day == tsb(daily)
    assert found.per_day < 0.1
    assert not found.is_own
    plan = plan_reorder(sku(daily))
    assert "No sale on the last 30 days in stock, too many to be chance" in plan.reason
    assert plan.velocity == Decimal("1.3333"), "what it sold stays what it sold"
    assert plan.demand_rate is not None
    assert plan.demand_rate < Decimal("0.1")
    assert plan.suggested_units == 0
    steady = plan_reorder(sku([2] * 90))
    assert steady.suggested_units > 0
    assert steady.reorder_point is not None
    assert plan.reorder_point is not None
    assert plan.reorder_point < steady.reorder_point


def test_a_sku_that_sells_on_counts_at_its_own_rate() -> None:
    found = rate_for(sku([1] * 90), 1.0)
    assert [value(column) for column in vars(found).values()] == [1.0, True, ""]
    assert value(rate_for(sku([0] * 90), np.nan).per_day) is None


def known_for(days: int, name: str, daily: list[int], **more: Any) -> ReorderInput:
    return sku(daily, name, known_since=TODAY - timedelta(days=days), **more)


OLD = [
    known_for(200, "A", [4] * 90, abc=Abc.A),
    known_for(200, "B", [1] * 90),
    known_for(200, "C", [3] * 90, abc=Abc.C),
]
YOUNG = [0] * 80 + [1] * 10


def test_a_new_sku_has_the_rate_of_its_sibling_or_the_middle_one_of_its_class() -> None:
    new = known_for(10, "NEW", YOUNG)
    assert with_peers([*OLD, new], {"NEW": "A"})[-1] == replace(
        new, peer_rate=4.0, peer="the rate of A", is_peer_named=True
    )
    by_class = with_peers([*OLD, new], {"NEW": "GONE"})[-1]
    assert (by_class.peer_rate, by_class.peer) == (2.0, "the middle rate of class C")
    plan = plan_reorder(by_class)
    assert plan.confidence is Confidence.LOW
    assert "It is new: the middle rate of class C counts." in plan.reason
    assert plan.demand_rate == 2
    assert plan.suggested_units == plan.suggested_units_seed90
    assert "to what seed90 says." in plan.reason
    named = plan_reorder(with_peers([*OLD, new], {"NEW": "A"})[-1])
    assert named.confidence is Confidence.LOW
    assert named.suggested_units > (named.suggested_units_seed90 or 0), "the shop file names it"


@pytest.mark.parametrize(
    "others",
    [
        [*OLD, known_for(10, "NEW", [1] * 90)],  # it sold before its stock was known
        [known_for(10, "NEW", YOUNG), known_for(10, "B", [1] * 90)],  # nothing is known for long
        [
            known_for(200, "B", [1] * 90, abc=Abc.A),
            known_for(10, "NEW", YOUNG),
        ],  # none of its class
        [sku(YOUNG, "NEW", known_since=None)],
        [*OLD, known_for(60, "NEW", YOUNG)],  # days enough of its own
        [known_for(200, "B", [1] * 90, in_stock=(None,) * 90), known_for(10, "NEW", YOUNG)],
    ],
)
def test_what_is_not_new_and_what_has_nothing_like_it_keeps_its_own_rate(
    others: list[ReorderInput],
) -> None:
    assert with_peers(others, {}) == others


YEAR = [12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 24, 48]  # January to December
LAST = date(2026, 1, 15)  # the months end with December


def test_the_index_of_a_month_is_its_share_of_an_average_month() -> None:
    index = month_index(YEAR * 2, LAST)
    assert index is not None
    assert index[12] == pytest.approx(48 / 16)
    assert index[11] == pytest.approx(24 / 16)
    assert index[3] == pytest.approx(12 / 16)
    assert sum(index.values()) == pytest.approx(12)
    assert month_index(YEAR * 3, LAST) == pytest.approx(index)
    assert month_index([*YEAR[6:], *YEAR, *YEAR[:6]], date(2026, 7, 1)) == pytest.approx(index)


def test_without_two_years_or_with_few_units_there_is_no_season() -> None:
    assert month_index((YEAR * 2)[1:], LAST) is None
    assert month_index([units // 6 for units in YEAR] * 2, LAST) is None
    cup = sku([1] * 90)
    assert with_seasons([cup], {}) == [cup]
    assert with_seasons([cup, cup], {"CUP": [0] * 24}) == [cup, cup]


def test_before_christmas_more_is_ordered_than_the_window_says() -> None:
    months = [*YEAR[10:], *YEAR, *YEAR[:10]]  # November to October
    cup = sku([1] * 90)
    (found,) = with_seasons([cup], {"CUP": months})
    assert found.season_factor > 2
    plain, seasonal = plan_reorder(cup), plan_reorder(found)
    assert seasonal.suggested_units > 2 * plain.suggested_units
    assert "times the window's demand" in seasonal.reason
    (after,) = with_seasons([replace(cup, as_of=LAST)], {"CUP": YEAR * 2})
    assert after.season_factor < 1
    months_of_days, no_day = np.array([11, 12]), np.array([], dtype=np.int64)
    assert season(dict.fromkeys(range(1, 13), 0.0), months_of_days, months_of_days) == 1.0
    assert season(month_index(YEAR * 2, LAST) or {}, months_of_days, no_day) == 1.0


def test_the_season_scales_a_policy_and_leaves_its_days() -> None:
    scaled = Guard(2.0, 10.0, 1.0, 5.0).columns.scaled(np.array([1.5]))
    assert [value(column) for column in vars(scaled).values()] == [3.0, 10.0, 1.5, 7.5, "normal"]
    bare = independent_buyers(np.array([2.0]), np.array([10.0]), np.array([0.95]))
    assert value(bare.scaled(np.array([2.0])).demand_sd) is None
