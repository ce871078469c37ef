"""The service level that is asked for is reached: orders by the rule, on demand that nobody showed it."""

from collections.abc import Callable
from statistics import fmean, stdev

import numpy as np
import pytest

from tests.rules.rows import protection, value, velocity

# A history of 90 days says only so much: over many shops the mean service may fall short by this.
TOLERANCE = 0.03
Rng = np.random.Generator
Demand = Callable[[Rng, int], "np.ndarray[tuple[int], np.dtype[np.int64]]"]


def seldom(rng: Rng, days: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return rng.poisson(0.3, days)


def lumpy(rng: Rng, days: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return (rng.random(days) < 0.25) * rng.geometric(0.25, days)


def steady(rng: Rng, days: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return rng.poisson(5.0, days)


@pytest.mark.parametrize("level", [0.90, 0.95])
@pytest.mark.parametrize("demand", [seldom, lumpy, steady])
@pytest.mark.parametrize("lead_choices", [(9,), (6, 8, 9, 10, 14)])
def test_the_asked_service_is_reached(
    demand: Demand, lead_choices: tuple[int, ...], level: float
) -> None:
    rng, served = np.random.default_rng(7), []
    for _ in range(60):
        daily = demand(rng, 90).tolist()
        leads = rng.choice(lead_choices, 12).tolist()
        guard = protection(
            daily,
            velocity(daily, [True] * 90) or 0.0,
            fmean(leads),
            stdev(leads),
            1,
            level,
            10,
            lead_times=leads,
        )
        periods = [demand(rng, int(lead) + 1).sum() for lead in rng.choice(lead_choices, 400)]
        served.append(float(np.mean(np.array(periods) <= guard.reorder_point)))
    assert fmean(served) >= level - TOLERANCE


def test_lead_times_that_vary_need_more_stock() -> None:
    daily = [0, 0, 1, 0, 3] * 18
    steady_leads, wild = [
        protection(daily, 0.8, 10, 0, 1, 0.95, 10, lead_times=leads)
        for leads in ([10] * 6, [3, 3, 10, 10, 17, 17])
    ]
    assert wild.reorder_point > steady_leads.reorder_point
    assert wild.method == "empirical"


def test_the_same_data_give_the_same_figure() -> None:
    daily = [0, 2, 0, 0, 5] * 18
    plans = [protection(daily, 1.4, 10, 3, 1, 0.95, 10, lead_times=[7, 13]) for _ in range(2)]
    once, again = ([value(column) for column in vars(plan).values()] for plan in plans)
    assert once == again
