"""Deciding stock and reorders for a large shop, and one SQL statement that computes the same rows.

`python -m tests.bench_plan make FOLDER SKUS`, then `plan`, `plan_sql`, `sync` or `sync_sql` FOLDER: it
writes the seconds that the work itself took, without imports, next to the shop. The shop is made of
rows in the tables that decisions read: SKUs that each of five channels lists, 90 days of demand, one
warehouse, five suppliers. The baselines are `tests/bench_plan.sql` and `tests/bench_sync.sql`: written by
hand for this shop, they compute every column of what is decided, the sentence too, and nothing that this
shop has no case of; `unequal` counts the rows that differ.
"""

import importlib
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from config.shop import Shop
from config.strict import ROOT
from tasks.decide import reorders, stock
from tasks.run.night import Night
from tasks.warehouse.connection import open_warehouse
from tests import inprocess

importlib.import_module("pandas")  # else PyArrow does, in the middle of what is measured

CHANNELS = ("shopify", "ebay", "woocommerce", "tiktok", "walmart")
SHOP = """
title: Large
timezone: UTC
currency: USD
channels:
{channels}
locations:
  shelf: {{kind: own}}
people:
  operations: {{owner: ben@large.example}}
"""
ROWS = """
    create temp table skus as
        select 'SKU' || lpad(cast(i as varchar), 7, '0') as sku, i, [0.05, 0.2, 0.5, 1, 3][1 + i % 5] as rate
        from range({skus}) as numbers(i);
    insert into ops.demand_daily by name
        select sku, 'merchant' as pool, true as has_place,
            run.business_date - 90 + cast(day as integer) as business_date,
            cast(case when hash(i, day) % 1000 < 1000 * least(rate, 0.6) then ceil(rate / 0.6) else 0 end as bigint)
                as units,
            true as is_in_stock, 0 as stock_age_days
        from skus cross join range(90) as days(day) cross join settings.run;
    insert into ops.stock_position by name
        select sku, 'shelf' as location, i % 60 as on_hand_units, 0 as unavailable_units, 0 as left_since_units,
            i % 3 as reserved_units, i % 60 - i % 3 as available_units, run.as_of as source_as_of, false as is_stale
        from skus cross join settings.run;
    insert into core.supplier_items by name
        select sku, 'S' || i % 5 as supplier_id, 'Supplier' as name, 7 + i % 5 * 4 as lead_time_days, 12 as moq_units,
            6 as case_pack_units, 2.5 as unit_cost_amount, 'USD' as currency, true as is_preferred
        from skus;
    insert into core.sku_map by name
        select channel, sku as channel_sku, sku from skus cross join settings.channels;
    insert into core.order_lines by name
        select channel, sku || channel as order_id, '1' as line_id, sku, sku as channel_sku,
            run.business_date - 1 - cast(i % 40 as integer) as business_date, run.as_of as ordered_at,
            1 + i % 4 as demand_units, 10 as gross_amount, true as is_demand, 'merchant' as fulfilled_by
        from skus cross join settings.channels cross join settings.run;
    insert into ops.sku_classes by name
        select sku, ['A', 'B', 'C'][1 + i % 3] as abc from skus;
"""
DECIDED = {"plan": "ops.reorder_plan", "sync": "ops.channel_stock"}


def night_in(folder: Path) -> Night:
    """Return the night of the large shop whose data is in `folder`."""
    os.environ["BACKROOM_DATA"] = str(folder)
    path = folder / "large.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    each = (
        "  {0}: {{platform: {0}, timezone: UTC, currency: USD, priority: {1}, locations: [shelf]}}"
    )
    listed = "\n".join(each.format(name, at) for at, name in enumerate(CHANNELS, 1))
    path.write_text(SHOP.format(channels=listed), encoding="utf-8")
    return Night(Shop.read(path, name="large"), datetime(2026, 11, 22, 6, tzinfo=UTC), "bench")


def statement(side: str) -> str:
    """Return the baseline of a side, which makes its rows as ops.floor."""
    return (ROOT / "tests" / f"bench_{side}.sql").read_text("utf-8")


def unequal(con: duckdb.DuckDBPyConnection, side: str) -> int:
    """Return how many rows are not as the baseline has them: those of a table but not of the other."""
    columns = ", ".join(con.table(DECIDED[side]).columns)
    tables = (DECIDED[side], "ops.floor")
    rows = [f"select {columns} from {table}" for table in tables]
    more = [
        f"(select count(*) from ({one} except all {other}))" for one, other in (rows, rows[::-1])
    ]
    return int(con.execute(f"select greatest({', '.join(more)})").fetchall()[0][0])


def main(side: str, folder: Path, skus: int = 0) -> None:
    """Make the shop, or compute one side of a comparison: seconds, of the processors, rows that differ."""
    night = night_in(folder)
    if side == "make":
        inprocess.decide(night)
    kind, _, is_floor = side.partition("_")
    with open_warehouse(night.shop.folder) as con:
        began, used = time.perf_counter(), time.process_time()
        if side == "make":
            con.execute(ROWS.format(skus=skus))
        elif is_floor:
            con.execute(statement(kind))
        elif side == "plan":
            reorders.decide_reorders(con, night)
        else:
            stock.decide_stock(con, night)
        seconds = f"{time.perf_counter() - began} {time.process_time() - used}"
        differ = unequal(con, kind) if is_floor else 0
    (folder / side).write_text(f"{seconds} {differ}", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *map(int, sys.argv[3:]))
