"""A column's name decides its type."""

import pytest

from config.names import faults, type_of


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("sold_units", "BIGINT"),
        ("order_count", "BIGINT"),
        ("net_amount", "DECIMAL(18,2)"),
        ("on_time_ship_rate", "DECIMAL(9,6)"),
        ("business_date", "DATE"),
        ("ship_by_at", "TIMESTAMP WITH TIME ZONE"),
        ("order_id", "VARCHAR"),
        ("sku", "VARCHAR"),
        ("is_mapped", "BOOLEAN"),
        ("has_cost", "BOOLEAN"),
        ("rows_read", "BIGINT"),
        ("units", "BIGINT"),
        ("reorder_point", None),
        ("fx", None),
    ],
)
def test_the_name_decides_the_type(column: str, kind: str | None) -> None:
    assert type_of(column) == kind


def test_a_lawful_table_has_no_fault() -> None:
    assert faults({"sku": "VARCHAR", "net_amount": "DECIMAL(18,2)", "currency": "VARCHAR"}) == []


def test_a_type_that_breaks_the_law_is_named() -> None:
    assert faults({"sold_units": "HUGEINT"}) == [
        "sold_units is HUGEINT, but its name promises BIGINT"
    ]


def test_money_needs_its_currency() -> None:
    assert faults({"net_amount": "DECIMAL(18,2)"}) == [
        "net_amount: money without a column `currency` in the table"
    ]


@pytest.mark.parametrize(
    ("kind", "lawful"),
    [
        ("BIGINT", True),
        ("DECIMAL(9,2)", True),
        ("DOUBLE", True),
        ("VARCHAR", False),
        ("DATE", False),
    ],
)
def test_days_are_any_number(kind: str, lawful: bool) -> None:
    assert (faults({"lead_time_days": kind}) == []) is lawful
