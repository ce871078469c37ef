"""A recall finds every unit of an item, a supplier that is down every SKU that is bought from it."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import duckdb
import pytest
from duckdb import DuckDBPyConnection

from config.errors import UsageError
from tasks.decide.outages import losses
from tasks.decide.recall import recalled
from tasks.rules.outage import Loss, Outage
from tasks.rules.recall import Found
from tasks.warehouse.models import read_rules

TABLES = """
create schema core; create schema ledger; create schema ops; create schema settings; create schema valid;
create table valid.receipts as
select receipt as receipt_id, 'CUP' as sku, 'Main' as location, 4 as received_units, cast(day as date) as received_date,
    lot, timestamptz '2026-01-10 05:00+00' as exported_at, file as file_id, 1 as line_no
from (values ('R1', '2025-12-01', 'L1', 'a'), ('R2', '2026-01-05', 'L2', 'a'), ('R2', '2026-01-05', 'L2', 'b'))
    as given (receipt, day, lot, file);
create table settings.run as select date '2026-01-10' as business_date, 'UTC' as timezone;
create table settings.stock as select 90 as window_days;
create table settings.channels as select 'web' as channel, 2 as rate;
create table settings.locations as select unnest(['Main', 'FBA']) as location, unnest(['merchant', 'fba']) as pool;
create table core.bundles as select 'SET' as bundle_sku, 'CUP' as component_sku, 3 as component_units;
create table core.orders as
select 'web' as channel, unnest(['1', '2', '3', '4', '5', '6']) as order_id,
    unnest([timestamptz '2026-01-06 10:00+00', null, '2026-01-03 10:00+00', null, null, '2026-01-06 10:00+00'])
        as shipped_at;
create table core.order_lines as
select 'web' as channel, id as order_id, 'Main' as location, sku, cast(day as date) as business_date,
    shipped as shipped_units, open as open_units, shipped + open as quantity_units,
    counted as is_demand, counted as is_counted, cast(net as decimal(18, 2)) as net_amount
from (values
    ('1', 'CUP', '2026-01-01', 2, 0, true, 20.00), ('2', 'CUP', '2025-12-01', 0, 1, true, null),
    ('3', 'CUP', '2026-01-02', 5, 0, true, 50.00), ('4', 'SET', '2026-01-05', 1, 1, true, 40.00),
    ('5', 'POT', '2026-01-05', 1, 0, true, 4.00), ('6', 'CUP', '2026-01-05', 1, 0, false, 4.00)
) as given (id, sku, day, shipped, open, counted, net);
create table core.stock_levels as select 'CUP' as sku;
create table ops.stock_position as
select 'CUP' as sku, unnest(['Main', 'East']) as location, unnest([7, null]) as on_hand_units,
    unnest([timestamptz '2026-01-10 05:00+00', null]) as source_as_of;
create table core.purchase_order_lines as
select po as po_number, 'CUP' as sku, supplier as supplier_id, location, cast(day as date) as promised_date,
    date '2026-01-01' as ordered_date, 10 as ordered_units, got as received_units, state, state as status
from (values
    ('PO-1', 'S1', 'Main', '2026-01-12', 4, 'partial'), ('PO-2', 'S2', null, '2026-01-13', 9, 'open'),
    ('PO-3', 'S1', 'Main', '2026-01-01', 10, 'received'), ('PO-4', 'S1', null, null, 0, 'open')
) as given (po, supplier, location, day, got, state);
create table ops.purchase_order_status as select * from core.purchase_order_lines;
create table ops.unit_prices as select 'CUP' as sku, cast(5 as decimal(18, 6)) as net_unit_price;
create table ledger.purchase_suggestions as
select 'CUP' as sku, 'S1' as supplier, 3 as units, date '2026-01-08' as ordered_on, date '2026-01-08' as opened_on,
    'withdrawn' as state;
create table core.supplier_items as select 'CUP' as sku, unnest(['S1', 'S2', 'S3']) as supplier_id;
create table ops.reorder_plan as
select sku, pool, 'A' as abc, position, on_order, cast(rate as decimal(18, 6)) as demand_rate,
    cast(rate as decimal(18, 6)) as calendar_velocity, cast(5 as decimal(18, 6)) as lead_time_days
from (values ('CUP', 'merchant', 10, 7, 1.0), ('CUP', 'fba', 100, 0, 1.0), ('POT', 'merchant', 5, 0, null))
    as given (sku, pool, position, on_order, rate);
create table ops.reorder_supply as
select unnest(['CUP', 'POT']) as sku, unnest(['S1', 'S2']) as supplier,
    cast(unnest([1.5, null]) as decimal(18, 6)) as own_cost;
"""


@pytest.fixture
def con() -> Iterator[DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        for rule in read_rules():
            connection.execute(rule.sql)
        connection.execute(TABLES)
        yield connection


def test_a_recall_finds_what_left_what_is_still_to_leave_and_what_is_anywhere(
    con: DuckDBPyConnection,
) -> None:
    found = [
        (each.state, each.document_id, each.location, each.sold_as, each.units)
        for each in recalled(con, "CUP", date(2026, 1, 4), date(2026, 1, 6))
    ]
    assert found == [
        (Found.SHIPPED, "4", "Main", "SET", 3),  # taken apart
        (Found.SHIPPED, "1", "Main", "CUP", 2),  # left in those days, ordered before
        (Found.OPEN, "2", "Main", "CUP", 1),  # whenever it was placed
        (Found.OPEN, "4", "Main", "SET", 3),
        (Found.STOCK, None, "East", "CUP", None),
        (Found.STOCK, None, "Main", "CUP", 7),
        (Found.ON_ORDER, "PO-1", None, "CUP", 6),
        (Found.ON_ORDER, "PO-2", None, "CUP", 1),
        (Found.ON_ORDER, "PO-4", None, "CUP", 10),
    ]


def test_a_lot_narrows_a_recall_to_the_days_since_it_came(con: DuckDBPyConnection) -> None:
    found = recalled(con, "CUP", date(2026, 1, 1), date(2026, 1, 6), "l2 ")
    assert {each.document_id for each in found if each.state is Found.SHIPPED} == {"1", "4"}
    received = [each for each in found if each.state is Found.RECEIVED]
    assert [(each.document_id, each.units) for each in received] == [("R2", 4)]
    with pytest.raises(UsageError, match=r"names the lot 'L3'\. Lots: L1, L2\."):
        recalled(con, "CUP", date(2026, 1, 1), date(2026, 1, 6), "L3")


def test_a_recall_of_nothing_that_we_know_or_of_no_days_is_refused(con: DuckDBPyConnection) -> None:
    with pytest.raises(UsageError, match="ever sold, stocked or bought the SKU 'CPU'"):
        recalled(con, "CPU", date(2026, 1, 4), date(2026, 1, 6))
    with pytest.raises(UsageError, match="is after last_date"):
        recalled(con, "CUP", date(2026, 1, 6), date(2026, 1, 4))


def down(con: DuckDBPyConnection, supplier: str) -> dict[str, Loss]:
    outage = Outage(supplier, date(2026, 1, 10), 10, date(2026, 1, 10))
    return {f"{loss.sku} {loss.pool}": loss for loss in losses(con, outage, 14)}


def test_each_pool_runs_out_by_itself_and_what_is_on_order_comes_when_it_can(
    con: DuckDBPyConnection,
) -> None:
    found = down(con, "S1")
    assert list(found) == ["CUP merchant", "CUP fba"]
    merchant = found["CUP merchant"]
    # Three free units and one of another supplier last four days; six come when S1 is back, on the
    # tenth day, and are gone after five of them; a new order comes then.
    assert (merchant.free_units, merchant.stockout_date) == (3, date(2026, 1, 14))
    assert (merchant.lost_units, merchant.supplied_date) == (6, date(2026, 1, 25))
    assert merchant.lost_revenue == Decimal("30.00")  # five each: 70 for seven, at half a dollar
    assert merchant.lost_margin == Decimal("21.00")
    assert merchant.other_suppliers == ("S2", "S3")
    assert found["CUP fba"].lost_units == 0


def test_what_a_person_marked_as_ordered_and_no_purchase_order_shows_yet_comes_too(
    con: DuckDBPyConnection,
) -> None:
    con.execute("update ledger.purchase_suggestions set state = 'ordered', supplier = 'S3'")
    merchant = down(con, "S1")["CUP merchant"]
    assert (merchant.stockout_date, merchant.lost_units) == (date(2026, 1, 17), 3)


def test_an_order_without_a_promised_day_comes_a_lead_time_later(con: DuckDBPyConnection) -> None:
    con.execute("delete from core.purchase_order_lines where po_number = 'PO-1'")
    undated = down(con, "S1")["CUP merchant"]  # PO-4 of ten units comes when S1 is back
    con.execute("delete from core.purchase_order_lines where po_number = 'PO-4'")
    nothing = down(con, "S1")["CUP merchant"]
    assert (undated.lost_units, nothing.lost_units) == (6, 11)


def test_what_is_not_known_of_a_sku_is_said(con: DuckDBPyConnection) -> None:
    pot = down(con, "S2")["POT merchant"]
    assert (pot.lost_units, pot.lost_revenue) == (None, None)
    assert "How much of it sells is not known." in pot.reason
    assert "What a unit costs is not known." in pot.reason


def test_a_supplier_of_nothing_is_refused_with_those_that_there_are(
    con: DuckDBPyConnection,
) -> None:
    with pytest.raises(UsageError, match=r"from 'S9'\. Suppliers: S1, S2\."):
        down(con, "S9")
