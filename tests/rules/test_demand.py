"""Rates, patterns, spikes and classes of demand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.rules.classes import Xyz
from tasks.rules.demand import Pattern
from tests.rules.rows import (
    average_interval,
    cap_spikes,
    croston,
    demand_quantile,
    pattern,
    rolling_quantile,
    sba,
    squared_cv,
    tsb,
    velocity,
    xyz_class,
)

series = st.lists(st.integers(0, 50), max_size=60)


def test_velocity_divides_by_the_known_days_in_stock() -> None:
    assert velocity([2, 4, 0, 0], [True, True, False, False]) == 3


def test_an_unknown_day_is_on_neither_side_of_the_rate() -> None:
    assert velocity([2, 4, 9, 7], [True, True, None, False]) == (2 + 4 + 7) / 2
    assert velocity([2, 4], [None, None]) is None


def test_without_a_day_in_stock_there_is_no_velocity() -> None:
    assert velocity([0, 0], [False, False]) is None


def test_nothing_sold_has_no_rate_and_no_pattern() -> None:
    zeros = [0] * 20
    for rule in (croston, sba, tsb, pattern, average_interval, squared_cv):
        assert rule(zeros) is None


@pytest.mark.parametrize(
    ("daily", "expected"),
    [
        ([3, 3, 4, 3], Pattern.SMOOTH),
        ([1, 9, 1, 1], Pattern.ERRATIC),
        ([0, 3, 0, 3], Pattern.INTERMITTENT),
        ([0, 1, 0, 30], Pattern.LUMPY),
    ],
)
def test_demand_has_one_of_four_patterns(daily: list[int], expected: Pattern) -> None:
    assert pattern(daily) is expected


@given(series, st.floats(0.01, 1))
def test_a_rate_is_between_nothing_and_the_largest_day(daily: list[int], alpha: float) -> None:
    rate = croston(daily, alpha)
    assert (rate is None) == (not any(daily))
    assert 0 <= (rate or 0) <= max(daily, default=0) + 1e-9


def test_a_rate_falls_while_nothing_sells() -> None:
    sold = [0, 4, 0, 3, 0, 5]
    assert (tsb([*sold, *[0] * 30]) or 0) < (tsb(sold) or 0) / 10


def test_a_bulk_order_counts_as_the_limit_and_is_named() -> None:
    daily = [5, 4, 6, 5] * 5 + [500]
    capped, (spike,) = cap_spikes(daily, 3, 0.25)
    assert (spike.day, spike.units) == (20, 500)
    assert capped[-1] == spike.counted < 500
    assert capped[:-1] == tuple(daily[:-1])


def test_a_large_day_that_is_a_small_share_is_no_spike() -> None:
    assert cap_spikes([5, 4, 6, 5] * 5 + [500], 3, 0.9)[1] == ()


@pytest.mark.parametrize("daily", [[], [0, 12], [0, 12, 0, 12, 0], [1, 40], [2, 3, 9]])
def test_one_other_sale_or_a_like_one_is_no_ground_for_a_cap(daily: list[int]) -> None:
    assert cap_spikes(daily, 3, 0.25) == (tuple(daily), ())


def test_a_bulk_order_cannot_hide_among_few_sales() -> None:
    daily = [0, 1] * 8 + [500]
    capped, (spike,) = cap_spikes(daily, 3, 0.25)
    assert (spike.units, spike.counted, sum(capped)) == (500, 5, 13)


def test_two_bulk_orders_do_not_hide_each_other() -> None:
    capped, spikes = cap_spikes([1] * 8 + [400, 500], 3, 0.5)
    assert [spike.units for spike in spikes] == [400, 500]
    assert max(capped) == 5


def test_a_wholesale_case_now_and_then_is_business() -> None:
    assert cap_spikes([1, 2] * 20 + [24, 24], 3, 0.5)[1] == ()


def test_what_comes_again_and_again_is_no_one_off() -> None:
    assert cap_spikes([1] * 8 + [300, 300, 300], 3, 0.25)[1] == ()


@given(series)
def test_a_cap_only_lowers(daily: list[int]) -> None:
    capped, spikes = cap_spikes(daily, 2, 0.1)
    assert all(counted <= units for counted, units in zip(capped, daily, strict=True))
    assert sum(daily) - sum(capped) == sum(spike.units - spike.counted for spike in spikes)


def test_a_quantile_is_a_demand_that_happened() -> None:
    assert rolling_quantile([0, 3, 0, 0, 5], 2, 0.5) == 3
    assert rolling_quantile([0, 3, 0, 0, 5], 2, 0.95) == 5
    assert rolling_quantile([0, 3], 3, 0.95) is None


@given(st.lists(st.integers(0, 50), min_size=1), st.data())
def test_a_quantile_covers_its_share_of_the_periods(daily: list[int], data: st.DataObject) -> None:
    days = data.draw(st.integers(1, len(daily)))
    level = data.draw(st.floats(0.01, 0.999))
    needed = rolling_quantile(daily, days, level)
    sums = [sum(daily[start : start + days]) for start in range(len(daily) - days + 1)]
    assert needed in sums
    assert sum(total <= needed for total in sums) >= level * len(sums) - 1e-9


@pytest.mark.parametrize(
    ("weeks", "expected"),
    [([7, 7, 7], Xyz.X), ([2, 10, 18], Xyz.Y), ([0, 0, 21], Xyz.Z), ([0, 0], None), ([7], None)],
)
def test_steadiness_is_by_week(weeks: list[int], expected: Xyz | None) -> None:
    assert xyz_class([units for week in weeks for units in [week, *[0] * 6]]) is expected


def test_a_period_of_drawn_days_covers_its_share() -> None:
    # Two days of 0 or 1, each as likely: 0, 1, 2 with 1/4, 1/2, 1/4.
    assert [demand_quantile([0, 1], [2], level) for level in (0.25, 0.5, 0.75, 0.76)] == [
        0,
        1,
        1,
        2,
    ]
    assert demand_quantile([0, 0], [5], 0.95) == 0
    assert demand_quantile([], [5], 0.95) is None


@given(st.lists(st.integers(0, 30), min_size=1, max_size=40), st.integers(1, 20), st.integers(0, 9))
def test_longer_periods_and_more_service_need_no_less(
    daily: list[int], days: int, more: int
) -> None:
    needed = demand_quantile(daily, [days], 0.9) or 0
    assert needed <= (demand_quantile(daily, [days + more], 0.9) or 0)
    assert needed <= (demand_quantile(daily, [days], 0.99) or 0)
    assert needed <= max(daily) * days
