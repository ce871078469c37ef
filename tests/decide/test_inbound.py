"""What is still to come to Amazon counts once in the position of its pool, and what is missing does not."""

import math
from collections.abc import Iterator
from datetime import UTC, date, datetime

import duckdb
import pytest

from config.shop import load_shop
from config.strict import ROOT
from tasks.decide.reorder_facts import STOCK
from tasks.decide.reorder_inputs import Ordered, coming, placed_orders
from tasks.rules.skus import Receipt
from tasks.run.night import Night
from tasks.warehouse.models import read_rules
from tests.sql.golden import fill, read_shared


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """A SKU of which Amazon says that 60 units are on their way."""
    with duckdb.connect() as con:
        for rule in read_rules(ROOT / "sql"):
            con.execute(rule.sql)
        con.execute(
            """
            create schema ops; create schema settings;
            create table settings.locations as
                select * from (values ('FBA', 'fba'), ('Main', 'merchant')) t(location, pool);
            create table ops.stock_position (
                sku varchar, location varchar, on_hand_units bigint, available_units bigint,
                reserved_units bigint, incoming_units bigint, source_as_of timestamptz, is_stale boolean
            );
            insert into ops.stock_position values
                ('CUP', 'FBA', 5, 5, 0, 60, '2026-01-10', false), ('CUP', 'Main', 9, 9, 0, 3, '2026-01-10', false);
            create table ops.inbound_shipments (
                sku varchar, age_days bigint, to_come_units bigint, missing_units bigint
            )
            """
        )
        yield con


def incoming_units(warehouse: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Return what is on its way to each pool of the SKU."""
    return dict(warehouse.sql(STOCK).project("pool, incoming").fetchall())


@pytest.mark.parametrize(
    ("shipments", "incoming"),
    [
        ([], 60),
        ([(50, 50, None), (60, 0, 10)], 50),  # Amazon still counts what is missing
        ([(50, 60, None), (60, 0, 10)], 60),  # it closed the shipment: it counts it no more
        ([(50, 90, None)], 60),  # newer than the shipment's file
        ([(50, None, None), (60, 0, 10)], 50),
        ([(181, 0, 10)], 60),  # closed long since
    ],
)
def test_what_is_missing_is_not_on_its_way(
    warehouse: duckdb.DuckDBPyConnection,
    shipments: list[tuple[int, int | None, int | None]],
    incoming: int,
) -> None:
    for shipment in shipments:
        warehouse.execute("insert into ops.inbound_shipments values ('CUP', ?, ?, ?)", shipment)
    assert incoming_units(warehouse) == {"fba": incoming, "merchant": 3}


def test_shipments_count_where_amazon_counts_nothing(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute("update ops.stock_position set incoming_units = null where location = 'FBA'")
    warehouse.execute("insert into ops.inbound_shipments values ('CUP', 50, 40, null)")
    assert incoming_units(warehouse)["fba"] == 40


@pytest.mark.parametrize(
    ("pool", "used", "incoming", "units"),
    [
        ("fba", ["merchant", "fba"], 60, [20, 40]),  # beyond the order that goes there itself
        ("fba", ["fba"], 60, [20, 30, 10]),  # one without a place goes to the only pool
        ("fba", ["fba"], 40, [20, 30]),  # the orders are what is on its way
        ("merchant", ["merchant", "fba"], 60, [30]),
    ],
)
def test_an_order_that_goes_to_amazon_and_what_amazon_expects_are_one(
    pool: str, used: list[str], incoming: int, units: list[int]
) -> None:
    night = Night(load_shop("demo"), datetime(2026, 1, 10, 7, tzinfo=UTC), "run")
    orders = [
        Ordered("fba", Receipt(date(2026, 1, 20), 20)),
        Ordered(None, Receipt(date(2026, 1, 25), 30)),
    ]
    found = coming(night, pool, used, orders, incoming)
    assert [receipt.units for receipt in found] == units


def test_an_order_without_a_promise_comes_by_the_usual_lead_time_and_its_row_says_so() -> None:
    night = Night(load_shop("demo"), datetime(2026, 1, 10, 7, tzinfo=UTC), "run")
    shared = read_shared(ROOT / "tests" / "sql" / "given")
    with duckdb.connect() as con:
        for rule in read_rules():
            con.execute(rule.sql)
        for name in (
            "core.purchase_order_lines",
            "settings.locations",
            "ledger.purchase_suggestions",
            "ops.received_since_count",
        ):
            fill(con, name, None, shared[name])
        con.execute(
            "insert into core.purchase_order_lines by name"
            " select po as po_number, sku, 'S1' as supplier_id, date '2026-01-06' as ordered_date,"
            "   day as promised_date, 6 as ordered_units, 0 as received_units, 'open' as state, 'open' as status"
            " from (values ('PO-1', 'CUP', null), ('PO-2', 'CUP', date '2026-01-12'), ('PO-3', 'POT', null))"
            "   as given (po, sku, day);"
            "insert into ops.received_since_count by name"
            " select 'PO-0' as po_number, sku, 'merchant' as pool, day as received_date,"
            "   8 as received_units, is_same_day"
            " from (values ('CUP', date '2026-01-08', false), ('JUG', date '2026-01-07', true))"
            "   as given (sku, day, is_same_day)"
        )
        found = placed_orders(con, night, {"CUP": 9.5, "POT": math.nan})
    assert [order.receipt.due_date for order in found.coming["CUP"]] == [
        date(2026, 1, 12),
        date(2026, 1, 16),
        date(2026, 1, 8),  # it came, and no count has it yet
    ]
    assert found.notes == {
        "CUP": [
            "PO-1 promises no day for 6 units: by the usual lead time they come on 2026-01-16."
        ],
        "POT": [
            "PO-3 promises no day for 6 units, and its lead time is not known: they count as on order,"
            " and no stock-out is expected to end with them."
        ],
    }
    # The case purchase_order_undated asks, and the plan goes on; what came on the day of the count stops it.
    assert found.doubts == {
        "JUG": [
            "8 units of PO-0 came on 2026-01-07, the day of the newest count: whether it has them is not known."
        ]
    }
