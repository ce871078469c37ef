"""Columns: figures rounded half up by their exact value, series packed, rows of different length."""

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tasks.rules.chances import quantile
from tasks.rules.columns import Series, half_up


@given(st.floats(0, 1e6), st.integers(0, 4))
def test_a_figure_is_rounded_half_up_by_its_exact_value(figure: float, places: int) -> None:
    exact = Decimal(figure).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    assert half_up(np.array([figure]), places)[0] == float(exact)


def test_a_half_is_one_by_its_exact_value_only() -> None:
    # 1.005 is a little less than its decimal, 2.675 too; 0.125 is exact.
    found = half_up(np.array([1.005, 2.675, 0.125, np.nan]), 2)
    assert found[:3].tolist() == [1.0, 2.67, 0.13]
    assert np.isnan(found[3])


def test_the_days_that_are_kept_move_together() -> None:
    series = Series.of([[1, 2, 3], [4, 5]])
    kept = series.kept(np.array([[True, False, True], [False, True, False]]))
    assert (kept.units.tolist(), kept.days.tolist()) == ([[1, 3, 0], [5, 0, 0]], [2, 1])


def test_rows_that_end_early_leave_the_others_as_they_are() -> None:
    means, levels = np.array([0.0, 0.1, 40.0, 3.0]), np.array([0.9, 1.0, 0.95, 0.99])
    even = np.ones(4)
    together = quantile(means, even, levels)
    alone = [quantile(means[[at]], even[[at]], levels[[at]])[0] for at in range(4)]
    assert together.tolist() == alone
    assert alone[0] == 0
    assert alone[2:] == [51, 8]
