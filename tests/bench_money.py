"""Settlements of a large shop to the cent, and DuckDB joining and summing the same rows.

`python -m tests.bench_money make FOLDER LINES`, then `reconcile`, `write` or `join` FOLDER: it writes the
seconds that the work itself took, without imports, next to the shop. Of `LINES` settlement lines
three in five are Amazon's (goods, fees and tax of each item, in settlements of two weeks), the
others Shopify's (a charge and its fee, in daily payouts that a bank books one by one); they are of
two order lines for each five. `reconcile` runs the SQL files from the canonical lines to
`marts.payout_reconciliation`: which copy of a line counts, its bucket, its order, the bank, the
identities. `join` is the baseline: one hash join of the two tables, summed by payout. `write` copies
the two tables that hold every line, as a fact and as a mart, and computes nothing.
"""

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from config.shop import Shop
from tasks.run.night import Night
from tasks.warehouse.build import build
from tasks.warehouse.connection import open_warehouse
from tasks.warehouse.models import read_models, read_rules, upstream
from tests import inprocess

MEMORY = "2GB"
SHOP = """
title: Large
timezone: UTC
currency: USD
channels:
  amazon: {platform: amazon, timezone: UTC, currency: USD, priority: 1, locations: [shelf]}
  shopify: {platform: shopify, timezone: UTC, currency: USD, priority: 2, locations: [shelf]}
locations:
  shelf: {kind: own}
people:
  operations: {owner: ben@large.example}
"""
# Of four order lines two are one Amazon order and two are an order each on Shopify; each costs by its number.
ROWS = """
    create temp table items as
        select i, if(i % 2 = 0, 'shopify', 'amazon') as channel, if(i % 2 = 0, 'P' || i, 'A' || i // 4) as order_id,
            if(i % 2 = 0, '1', cast(i as varchar)) as line_id, 'SKU' || i % 900 as sku,
            cast((500 + i * 7919 % 9000) * 0.01 as decimal(18, 2)) as price,
            cast(price * 0.08 as decimal(18, 2)) as tax,
            timestamptz '2026-01-05 09:00:00+00' + to_seconds(i * 300 * 86400 // {items}) as moment
        from range({items}) as numbers(i);
    create temp table amounts as
        select *, 'amount' as part, 'S' || date_diff('day', date '2026-01-05', moment) // 14 as payout_id,
            unnest([
                {{kind: 'Order', type: 'ItemPrice', what: 'Principal', amount: price}},
                {{kind: 'Order', type: 'ItemPrice', what: 'Tax', amount: tax}},
                {{kind: 'Order', type: 'ItemFees', what: 'Commission', amount: cast(price * -0.15 as decimal(18, 2))}}
            ]) as said
        from items where channel = 'amazon'
        union all by name
        select * exclude (line_id, sku), unnest(['amount', 'fee']) as part, strftime(moment, '%Y%m%d') as payout_id,
            unnest([
                {{kind: 'charge', type: 'amount', what: 'charge', amount: price + 5 + tax}},
                {{kind: 'charge', type: 'fee', what: 'charge fee', amount: cast(price * -0.03 as decimal(18, 2))}}
            ]) as said
        from items where channel = 'shopify';
    drop view valid.payout_lines;
    create table valid.payout_lines as
        select channel as platform, channel, payout_id, part, said.kind as transaction_type, said.type as amount_type,
            said.what as description, cast(said.amount as decimal(18, 2)) as amount, 'USD' as currency,
            order_id as order_ref, line_id as item_ref, sku as channel_sku,
            if(said.what = 'Principal', 1, null) as quantity_units, moment as posted_at,
            if(channel = 'shopify', concat_ws('/', epoch_us(moment), order_id), null) as line_key,
            if(channel = 'shopify', cast(moment as date), null) as payout_date,
            if(channel = 'shopify', 'paid', null) as payout_state,
            if(channel = 'shopify', 'payment_transactions', 'settlement_v2') as report,
            channel || if(channel = 'shopify', cast(month(moment) as varchar), payout_id) as file_id,
            row_number() over (order by i, said.what) as line_no, timestamptz '2026-11-20 09:00:00+00' as exported_at
        from amounts;
    drop view valid.payouts;
    create table valid.payouts as
        select channel as platform, channel, payout_id, 'USD' as currency, sum(amount) as payout_amount,
            cast(max(posted_at) as date) + 1 as payout_date, 'paid' as state, 'BANK' || payout_id as bank_reference,
            if(channel = 'amazon', 'file', null) as lines_of, null :: varchar as total_is,
            null :: varchar as payout_ref, null :: decimal(18, 2) as retried_amount,
            null :: timestamptz as period_start_at, null :: timestamptz as period_end_at,
            report, any_value(file_id) as file_id, min(line_no) as line_no, any_value(exported_at) as exported_at
        from valid.payout_lines group by channel, payout_id, report;
    insert into core.bank_lines by name
        select 'B' || channel || payout_id as booking_id, payout_date + 1 as booked_date, bank_reference as reference,
            payout_amount as amount, currency
        from valid.payouts;
    insert into core.order_lines by name
        select channel, order_id, line_id, sku, sku as channel_sku, cast(moment as date) as business_date,
            moment as ordered_at, 1 as quantity_units, price as gross_amount, 0 as discount_amount,
            tax as tax_amount, price as net_amount, 'USD' as currency
        from items where i % 500 > 0;
    insert into core.orders by name
        select channel, order_id, any_value(business_date) as business_date, any_value(ordered_at) as ordered_at,
            'USD' as currency, 0 as discount_amount, sum(tax_amount) as tax_amount,
            if(channel = 'shopify', 5, 0) as shipping_amount,
            sum(gross_amount + tax_amount) + if(channel = 'shopify', 5, 0) as total_amount
        from core.order_lines group by channel, order_id;
    insert into core.order_refs by name select channel, order_id, order_id as order_ref from core.orders;
"""
JOIN = """
    create or replace table ops.baseline as
    select lines.channel, lines.payout_id, lines.currency, sum(lines.amount) as amount,
        sum(items.gross_amount) as gross_amount, count(items.order_id) as matched
    from valid.payout_lines as lines
    left join core.order_lines as items
        on lines.channel = items.channel and lines.order_ref = items.order_id
            and coalesce(lines.item_ref, '1') = items.line_id
    group by lines.channel, lines.payout_id, lines.currency
"""
GIVEN = (
    "core.orders", "core.order_lines", "core.order_refs", "core.sku_map", "core.bank_lines", "ops.report_presence",
)  # fmt: skip


def night_in(folder: Path) -> Night:
    """Return the night of the large shop whose data is in `folder`."""
    os.environ["BACKROOM_DATA"] = str(folder)
    path = folder / "large.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(SHOP, encoding="utf-8")
    return Night(Shop.read(path, name="large"), datetime(2026, 11, 22, 6, tzinfo=UTC), "bench")


def main(side: str, folder: Path, lines: int = 0) -> None:
    """Make the shop, or compute one side of the comparison."""
    night = night_in(folder)
    if side == "make" and not night.shop.folder.warehouse.exists():
        inprocess.decide(night)
    models = read_models()
    tables = upstream(models, "marts.payout_reconciliation") - upstream(models, *GIVEN)
    with open_warehouse(night.shop.folder) as con:
        con.execute(f"set memory_limit = '{MEMORY}'")
        began, used = time.perf_counter(), time.process_time()
        match side:
            case "make":
                con.execute(ROWS.format(items=lines * 2 // 5))
            case "reconcile":
                for built in build(con, models, read_rules(), only=tables, rebuild=True):
                    print(f"{built.table:40} {built.rows:>12,} {built.seconds:8.2f} s")
            case "write":
                for table in ("core.payout_lines", "marts.payout_lines"):
                    con.execute(f"create or replace table ops.written as from {table}")
                con.execute("drop table ops.written")
            case "join":
                con.execute(JOIN)
    seconds = f"{time.perf_counter() - began} {time.process_time() - used}"
    (folder / side).write_text(seconds, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *map(int, sys.argv[3:]))
