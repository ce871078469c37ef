"""The lower bound of a return rate is Wilson's: the rate that is 1.96 standard errors below what was seen."""

from math import sqrt

import duckdb
import pytest

from tasks.warehouse.models import read_rules


def bound(hits: int, cases: int) -> float | None:
    with duckdb.connect() as con:
        for rule in read_rules():
            con.execute(rule.sql)
        [(found,)] = con.execute("select wilson_lower_of($1, $2)", [hits, cases]).fetchall()
    return None if found is None else float(found)


@pytest.mark.parametrize(
    ("hits", "cases"), [(1, 1), (1, 2), (3, 40), (40, 400), (786, 3041), (3041, 3041)]
)
def test_what_was_seen_is_as_far_above_the_bound_as_the_interval_allows(
    hits: int, cases: int
) -> None:
    rate = bound(hits, cases)
    assert rate is not None
    assert 0 < rate < hits / cases
    assert (hits / cases - rate) / sqrt(rate * (1 - rate) / cases) == pytest.approx(1.96)


def test_where_nothing_came_back_the_bound_is_nothing_and_of_no_cases_there_is_none() -> None:
    assert bound(0, 7) == 0
    assert bound(0, 0) is None
