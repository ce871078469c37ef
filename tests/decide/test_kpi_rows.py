"""What counts against each KPI can be listed from the marts, as alerts and pages do."""

from datetime import UTC, date, datetime

import duckdb
import pytest

from config.kpi import load_kpis
from tasks.rules.kpi_rows import filled, first_judged
from tests import small_marts

DAY = date(2026, 11, 29)
AT = datetime(2026, 11, 30, 7, tzinfo=UTC)


@pytest.fixture(scope="module")
def marts() -> duckdb.DuckDBPyConnection:
    return small_marts.create(duckdb.connect())


@pytest.mark.parametrize("kpi", load_kpis())
def test_the_rows_of_every_kpi_can_be_listed_from_the_marts(
    marts: duckdb.DuckDBPyConnection, kpi: str
) -> None:
    """A column that a mart renames is found here, not by an alert in the night."""
    select = filled(
        load_kpis()[kpi].rows,
        from_date=first_judged(DAY, 7),
        to_date=DAY,
        timezone="Europe/London",
        as_of=AT,
    )
    assert marts.execute(select).fetchall() == [], f"{kpi} lists rows of a shop without any"
    names = [column[0] for column in marts.description or []]
    assert len(set(names)) == len(names)


def test_rows_are_in_an_order_so_that_two_nights_show_the_same_first_ones() -> None:
    unordered = [name for name, kpi in load_kpis().items() if " order by " not in kpi.rows]
    assert not unordered
