"""The months that a season is read from: complete ones, bundles taken apart, and only where there are two years."""

from datetime import date

import duckdb
import pytest

from tasks.decide import reorder_facts
from tasks.rules.rate import YEAR


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    """A cup that sells alone and in sets since June 2024, and a pot that is younger."""
    con = duckdb.connect()
    con.execute(
        """
        create schema core; create schema settings;
        create table settings.run as select date '2026-07-15' as business_date;
        create table core.bundles as select 'SET' as bundle_sku, 'CUP' as component_sku, 4 as component_units;
        create table core.order_lines (sku varchar, business_date date, demand_units bigint, is_demand boolean);
        insert into core.order_lines values
            ('CUP', '2024-06-20', 50, true), ('CUP', '2024-07-01', 3, true), ('SET', '2024-07-31', 2, true),
            ('CUP', '2024-09-10', 7, true), ('CUP', '2024-09-11', 100, false), ('CUP', '2026-06-30', 5, true),
            ('CUP', '2026-07-01', 9, true), ('POT', '2024-07-20', 50, true);
        """
    )
    return con


def test_complete_months_since_the_first_sale_are_listed_with_those_without_a_sale(
    con: duckdb.DuckDBPyConnection,
) -> None:
    months = reorder_facts.months(con)
    assert months == {"CUP": [11, 0, 7, *[0] * 20, 5]}
    assert len(months["CUP"]) == 2 * YEAR


def test_the_last_month_is_the_one_before_tonights(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("update settings.run set business_date = ?", [date(2026, 8, 1)])
    assert reorder_facts.months(con)["CUP"][-2:] == [5, 9]
    assert reorder_facts.months(con)["POT"] == [0] * 24
