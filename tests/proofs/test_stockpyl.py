"""What the rules and stockpyl both compute is the same, over many drawn cases.

stockpyl (L. V. Snyder) is the reference implementation of L. Snyder, Z.-J. Shen, "Fundamentals of
Supply Chain Theory". It asks for some sixty packages of which these functions need none, so it is
no part of the locked environment: `.ci/run` adds it alone, and without it this is skipped.
"""

import importlib

import numpy as np
import pytest

from tasks.rules.reorder import independent_buyers
from tests.rules.rows import Guard, demand_quantile, quantile, safety_stock

newsvendor = pytest.importorskip("stockpyl.newsvendor", reason="stockpyl is not installed")
CASES = 300


def drawn() -> np.random.Generator:
    return np.random.default_rng(3)


def test_the_normal_reorder_point_is_the_newsvendors() -> None:
    """Holding cost h and penalty p ask for the service level p ÷ (p + h)."""
    rng = drawn()
    for _ in range(CASES):
        holding, penalty = rng.uniform(0.1, 1), rng.uniform(1, 20)
        rate, sd, days = rng.uniform(5, 100), rng.uniform(0.5, 20), int(rng.integers(1, 40))
        theirs, _ = newsvendor.newsvendor_normal(holding, penalty, rate, sd, lead_time=days - 1)
        safety = safety_stock(penalty / (penalty + holding), days, sd, rate, 0.0)
        ours = Guard(rate, days, sd, safety).reorder_point
        assert ours == pytest.approx(float(theirs), rel=1e-9)


def test_the_poisson_quantile_is_the_newsvendors() -> None:
    rng = drawn()
    for _ in range(CASES):
        holding, penalty, mean = rng.uniform(0.1, 1), rng.uniform(1, 20), rng.uniform(0.2, 60)
        theirs, _ = newsvendor.newsvendor_poisson(holding, penalty, mean)
        level = penalty / (penalty + holding)
        assert quantile(mean, 1.0, level) == int(theirs)
        if theirs >= mean:
            ours = independent_buyers(np.array([mean]), np.ones(1), np.array([level]))
            assert ours.reorder_point == pytest.approx(float(theirs))


def test_the_quantile_of_drawn_days_is_that_of_their_sum() -> None:
    """The demand of n days that are each one of the history's, by stockpyl's convolution."""
    helpers = importlib.import_module("stockpyl.helpers")
    rng = drawn()
    for _ in range(60):
        daily, days = rng.integers(0, 6, 40).tolist(), int(rng.integers(1, 12))
        level = rng.uniform(0.6, 0.99)
        chances = np.bincount(daily, minlength=max(daily) + 1) / len(daily)
        total = helpers.sum_of_discretes_distribution(days, 0, max(daily), chances.tolist())
        assert demand_quantile(daily, [days], level) == int(total.ppf(level))


def test_the_reorder_point_of_a_fixed_lot_is_the_same() -> None:
    """The r of stockpyl's approximation by lot size plus safety stock."""
    rq = importlib.import_module("stockpyl.rq")
    rng = drawn()
    for _ in range(CASES):
        holding, penalty = rng.uniform(0.1, 1), rng.uniform(1, 20)
        rate, sd, lead = rng.uniform(5, 2000), rng.uniform(1, 200), rng.uniform(0.05, 30)
        theirs, _ = rq.r_q_eoqss_approximation(holding, penalty, 8, rate, sd, lead)
        safety = safety_stock(penalty / (penalty + holding), lead, sd, rate, 0.0)
        assert rate * lead + safety == pytest.approx(float(theirs), rel=1e-9)
