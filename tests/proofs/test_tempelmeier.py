"""Tempelmeier's case: a reorder point that forgets the day between two looks serves 75 %, not 95 %.

Demand of a day is normal, 100 ± 40; 200 are ordered at a time and come a day later. For 95 % of the
units served from the shelf the textbook's continuous formula says 114. But a shop looks once a
day: an order waits for the look, and the position is well below the point by then. Simulated over
long times, 114 serves 75 % and 190 serves 95 %. Source: H. Tempelmeier, "Inventory Management",
the case of pom-consult.de, as in the worked example W4.3.
"""

from statistics import NormalDist

import numpy as np
import pytest

from tests.rules.rows import Guard, safety_stock

MEAN, SD, LOT, LEAD, REVIEW = 100.0, 40.0, 200, 1, 1
DAYS = 100_000


def served(reorder_point: float) -> float:
    """Return the share of units that a shop which looks once a day serves from the shelf.

    What is not there waits and is served first; an order of a day comes before the demand of the
    next but one.
    """
    demand = np.maximum(np.random.default_rng(1).normal(MEAN, SD, DAYS), 0)
    shelf = position = reorder_point + LOT / 2
    coming = dict.fromkeys(range(DAYS + LEAD + REVIEW + 1), 0)
    missed = 0.0
    for day, units in enumerate(demand.tolist()):
        shelf += coming[day]
        missed += max(units - max(shelf, 0.0), 0.0)
        shelf -= units
        position -= units
        while position <= reorder_point:
            coming[day + LEAD + REVIEW] += LOT
            position += LOT
    return float(1 - missed / demand.sum())


@pytest.mark.parametrize(("reorder_point", "share"), [(114, 0.75), (190, 0.95)])
def test_the_published_shares_are_simulated(reorder_point: int, share: float) -> None:
    assert served(reorder_point) == pytest.approx(share, abs=0.005)


def test_the_plan_protects_the_day_between_two_looks() -> None:
    """For 95 % of the cycles it asks for more than for 95 % of the units, and both are reached."""
    days = LEAD + REVIEW
    safety = safety_stock(0.95, days, SD, MEAN, 0.0)
    point = Guard(MEAN, days, SD, safety).reorder_point
    assert point > 190
    assert served(point) > 0.99
    without_review = MEAN * LEAD + safety_stock(0.95, LEAD, SD, MEAN, 0.0)
    assert served(without_review) < 0.95


def test_the_continuous_formula_says_114_by_the_standard_normal_loss() -> None:
    """Expected shortage of a cycle σ·(φ(k) − k·(1 − Φ(k))) = (1 − 95 %) × lot: k by halving."""
    normal, low, high = NormalDist(), -3.0, 3.0
    for _ in range(60):
        k = (low + high) / 2
        missed = SD * (normal.pdf(k) - k * (1 - normal.cdf(k)))
        low, high = (k, high) if missed > 0.05 * LOT else (low, k)
    assert MEAN + low * SD == pytest.approx(113.79, abs=0.01)
