"""Deciding stock and reorders for a large shop, and one SQL statement that computes the same figures.

`python -m tests.bench_plan make FOLDER SKUS`, then `plan`, `plan_sql`, `sync` or `sync_sql` FOLDER: it
writes the seconds that the work itself took, without imports, next to the shop. The shop is made of
rows in the tables that decisions read: SKUs that each of five channels lists, 90 days of demand, one
warehouse, five suppliers. The baseline of the plan is the textbook's: rate, deviation, both reorder
points and the quantity by the normal law for every SKU, without quantiles of drawn days, spikes, or a
reason in words.
"""

import importlib
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from config.shop import Shop
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
        select sku, 'shelf' as location, i % 60 as on_hand_units, 0 as unavailable_units, i % 3 as reserved_units,
            i % 60 - i % 3 as available_units, run.as_of as source_as_of, false as is_stale
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
PLAN = """
    create or replace table ops.baseline as
    with demand as (
        select sku, sum(units) as units, sum(units) / count(*) filter (where is_in_stock) as rate,
            stddev_samp(units) as deviation, count(*) as days
        from ops.demand_daily group by sku
    ),
    positions as (
        select sku, sum(available_units) as available from ops.stock_position group by sku
    ),
    points as (
        select demand.*, available, moq_units, case_pack_units, unit_cost_amount,
            case when abc = 'C' then 1.2816 else 1.6449 end * sqrt((lead_time_days + 1) * deviation ** 2)
                as safety_stock,
            rate * (lead_time_days + 1) + safety_stock as reorder_point,
            units / 90 * (lead_time_days + 7) as reorder_point_seed90,
            reorder_point + rate * 30 - available as gap
        from demand
        inner join positions using (sku)
        inner join core.supplier_items using (sku)
        inner join ops.sku_classes using (sku)
    )
    select *, available / nullif(rate, 0) as days_of_cover,
        case when available <= reorder_point and gap > 0
            then ceil(greatest(gap, moq_units) / case_pack_units) * case_pack_units else 0 end as suggested_units,
        suggested_units * unit_cost_amount as suggested_amount
    from points
"""
SYNC = """
    create or replace table ops.baseline as
    with sold as (
        select channel, sku, sum(demand_units) / 90 as velocity from core.order_lines
        where is_demand group by channel, sku
    )
    select sku_map.channel, sku_map.sku, on_hand_units, reserved_units,
        case when available_units > 5 then available_units
            else least(available_units, greatest(available_units - coalesce(sum(ceil(velocity / 48)) over (
                partition by sku_map.sku order by channels.priority rows between unbounded preceding and 1 preceding
            ), 0), 0)) end as published_units
    from core.sku_map
    inner join settings.channels using (channel)
    inner join ops.stock_position using (sku)
    left join sold using (channel, sku)
"""


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


def main(side: str, folder: Path, skus: int = 0) -> None:
    """Make the shop, or compute one side of a comparison."""
    night = night_in(folder)
    if side == "make":
        inprocess.decide(night)
    with open_warehouse(night.shop.folder) as con:
        began, used = time.perf_counter(), time.process_time()
        match side:
            case "make":
                con.execute(ROWS.format(skus=skus))
            case "plan":
                reorders.decide_reorders(con, night)
            case "sync":
                stock.decide_stock(con, night)
            case "plan_sql":
                con.execute(PLAN)
            case "sync_sql":
                con.execute(SYNC)
    seconds = f"{time.perf_counter() - began} {time.process_time() - used}"
    (folder / side).write_text(seconds, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *map(int, sys.argv[3:]))
