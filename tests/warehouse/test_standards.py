"""The standard of a shop's cases is the target of their KPI, unless the shop file sets another."""

from datetime import date
from decimal import Decimal

import duckdb
import pytest

from config.shop import load_shop
from tasks.warehouse.registry_tables import write_registries

DEMO = load_shop("demo")


@pytest.mark.parametrize(
    ("stated", "target"),
    [
        ({}, "0.95"),
        ({"count_accuracy_rate": Decimal("0.99")}, "0.99"),
        ({"count_accuracy_rate": Decimal("0.99"), "kpi_targets": {"record_accuracy_rate": Decimal("0.9")}}, "0.9"),
    ],
)  # fmt: skip
def test_a_standard_of_the_shop_is_the_target_of_its_kpi(
    stated: dict[str, object], target: str
) -> None:
    with duckdb.connect() as con:
        con.execute("create schema settings")
        write_registries(con, DEMO.model_copy(update=stated), date(2026, 11, 22))
        found = con.execute(
            "select target from settings.kpis where kpi = 'record_accuracy_rate'"
        ).fetchall()
    assert found == [(Decimal(target),)]
