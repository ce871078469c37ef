"""The standard of a shop's cases is the target of their KPI, unless the shop file sets another."""

from datetime import date
from decimal import Decimal

import duckdb
import pytest

from config.export import load_exports
from config.listing_rule import load_listing_rules
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


def test_a_channel_may_have_a_target_of_its_own() -> None:
    with duckdb.connect() as con:
        con.execute("create schema settings")
        write_registries(con, DEMO, date(2026, 11, 22))
        found = con.execute("from settings.channel_targets").fetchall()
    assert found == [("on_time_ship_rate", "amazon", Decimal("0.96"))]


def test_every_platform_that_lists_or_sells_has_rules_for_its_listings() -> None:
    """A platform whose export loads listings without a rule would have listings that lack nothing."""
    platforms = {
        report.partition(".")[0]
        for report, export in load_exports().items()
        if "listings" in export.loads_into
    }
    assert platforms
    assert platforms <= set(load_listing_rules())
    assert all(
        rules[-1].required for name, rules in load_listing_rules().items() if name in platforms
    )
    with duckdb.connect() as con:
        con.execute("create schema settings")
        write_registries(con, DEMO, date(2025, 1, 20))
        known = {
            platform
            for (platform,) in con.execute("select platform from settings.listing_rules").fetchall()
        }
    assert known == set(load_listing_rules()) - {"amazon"}  # its rule began a day later
