"""Which listings Amazon fills: its stock file says so, else the orders; and where nobody says, no figure of ours."""

from collections.abc import Iterator

import duckdb
import pytest
from duckdb import DuckDBPyConnection

from tasks.decide.stock_facts import LISTINGS

TABLES = """
create schema valid; create schema settings; create schema core; create schema ledger;
create table ledger.stock_pushes (
    channel varchar, channel_sku varchar, units bigint, pushed_at timestamptz, push_batch varchar, state varchar
);
create table valid.stock_levels (platform varchar, channel_sku varchar, location varchar);
create table settings.locations (location varchar, kind varchar);
create table settings.channels (
    channel varchar, platform varchar, fba_location varchar, is_pushed boolean, priority bigint
);
create table settings.run as
    select date '2026-11-28' as business_date, timestamptz '2026-11-28 07:00+00' as as_of;
create table settings.stock as select 28 as window_days;
create table core.sku_map (channel varchar, channel_sku varchar, sku varchar);
create table core.listings (platform varchar, channel_sku varchar);
create table core.order_lines (
    channel varchar, channel_sku varchar, order_id varchar, line_id varchar, ordered_at timestamptz,
    business_date date, quantity_units bigint, fulfilled_by varchar, is_counted boolean, is_cancelled boolean,
    is_demand boolean, demand_units bigint
);
insert into settings.locations values ('FBA US', 'amazon'), ('Main', 'own');
insert into settings.channels values ('amazon', 'amazon', 'FBA US', true, 1), ('web', 'shopify', null, true, 2);
insert into core.sku_map values ('amazon', 'A', 'A'), ('amazon', 'B', 'B'), ('amazon', 'C', 'C'), ('web', 'A', 'A');
insert into core.order_lines by name
select 'amazon' as channel, sku as channel_sku, id as order_id, '1' as line_id, moment as ordered_at,
    date '2026-11-20' as business_date, 1 as quantity_units, shipper as fulfilled_by, true as is_counted,
    false as is_cancelled
from (values
    ('A', '1', timestamptz '2026-11-01 00:00+00', 'merchant'), ('A', '2', timestamptz '2026-11-20 00:00+00', 'amazon'),
    ('B', '3', timestamptz '2026-11-20 00:00+00', 'merchant')
) as lines(sku, id, moment, shipper);
"""


@pytest.fixture
def con() -> Iterator[DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(TABLES)
        yield connection


def filled_by_amazon(con: DuckDBPyConnection) -> dict[tuple[str, str], bool]:
    return {(row[0], row[1]): row[3] for row in con.execute(LISTINGS).fetchall()}


def test_without_amazons_stock_file_the_newest_order_says_who_fills_a_listing(
    con: DuckDBPyConnection,
) -> None:
    assert filled_by_amazon(con) == {
        ("amazon", "A"): True,
        ("amazon", "B"): False,
        ("amazon", "C"): True,  # nobody knows: no merchant's figure is published on it
        ("web", "A"): False,
    }


def test_where_amazons_stock_file_came_it_says_who_fills_a_listing(con: DuckDBPyConnection) -> None:
    con.execute("insert into valid.stock_levels values ('amazon', 'B', 'FBA US')")
    assert filled_by_amazon(con) == {
        ("amazon", "A"): False,
        ("amazon", "B"): True,
        ("amazon", "C"): False,
        ("web", "A"): False,
    }


def test_a_channel_shows_what_it_was_last_sent_less_what_it_sold_since(
    con: DuckDBPyConnection,
) -> None:
    con.execute(
        """
        insert into ledger.stock_pushes values
            ('amazon', 'B', 5, timestamptz '2026-11-19 07:00+00', 'b', 'written'),
            ('amazon', 'B', 9, timestamptz '2026-11-18 07:00+00', 'a', 'written'),
            ('amazon', 'B', 7, timestamptz '2026-11-21 07:00+00', 'c', 'recorded'),
            ('web', 'A', 3, timestamptz '2026-11-28 07:00+00', 'd', 'written')
        """
    )
    rows = {(row[0], row[1]): row[-1] for row in con.execute(LISTINGS).fetchall()}
    assert rows == {
        ("amazon", "A"): None,
        ("amazon", "B"): 4,
        ("amazon", "C"): None,
        ("web", "A"): None,
    }
