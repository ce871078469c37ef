"""The lower bound of a return rate is Wilson's, as SciPy computes it."""

import duckdb
import pytest
from scipy.stats import binomtest

from tasks.warehouse.models import read_rules

CASES = [(0, 1), (1, 1), (1, 2), (3, 40), (40, 400), (786, 3041), (3041, 3041)]


@pytest.mark.parametrize(("hits", "cases"), CASES)
def test_the_bound_is_wilsons(hits: int, cases: int) -> None:
    with duckdb.connect() as con:
        for rule in read_rules():
            con.execute(rule.sql)
        [(found,)] = con.execute("select wilson_lower_of($1, $2)", [hits, cases]).fetchall()
    wanted = binomtest(hits, cases).proportion_ci(method="wilson").low
    assert found == pytest.approx(wanted, abs=1e-4)


def test_of_no_cases_there_is_no_bound() -> None:
    with duckdb.connect() as con:
        for rule in read_rules():
            con.execute(rule.sql)
        assert con.execute("select wilson_lower_of(0, 0)").fetchall() == [(None,)]
