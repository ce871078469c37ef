"""Each figure is led back to the canonical tables that it is made of, those that Python builds too."""

from collections import defaultdict

from config.kpi import load_kpis
from tasks.warehouse.figure_tables import READ_BY, figure_tables
from tasks.warehouse.models import read_models

# Of what people did and what was decided, which the ledger and the shop file say, and no export.
NO_FILES = {
    "alerts_answered_rate", "bus_factor_rate", "closed_at_tier_1_rate", "closed_in_time_rate", "deputy_rate",
    "escalation_rate", "open_exceptions", "orphan_metric_rate", "overdue_exceptions", "repeat_error_rate",
    "review_days", "sop_current_rate", "training_rate",
}  # fmt: skip


def found() -> dict[tuple[str, str], set[str]]:
    tables = defaultdict(set)
    for kind, figure, table in figure_tables(read_models()):
        tables[kind, figure].add(table)
    return tables


def test_a_kpi_is_made_of_the_files_of_its_facts() -> None:
    tables = found()
    assert {"orders", "order_lines", "shipments"} <= tables["kpi", "on_time_ship_rate"]
    assert {"returns", "orders"} <= tables["kpi", "return_rate"]
    assert "tickets" not in tables["kpi", "return_rate"]


def test_every_kpi_that_files_can_state_names_them() -> None:
    tables = found()
    assert {kpi for kpi in load_kpis() if ("kpi", kpi) not in tables} == NO_FILES


def test_what_python_builds_is_followed_too() -> None:
    tables = found()
    assert {"stock_levels", "supplier_items", "receipts"} <= tables["mart", "reorder_plan"]
    assert {"stock_levels", "bundles", "promotions"} <= tables["mart", "channel_stock"]
    built = {name for model in read_models() for name in model.inputs} & set(READ_BY)
    assert built == set(READ_BY), "a table that nothing reads needs no module"
