"""What if a supplier is down: what the last night knows of its SKUs, and what the outage costs."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import duckdb

from config.errors import UsageError
from tasks.rules.outage import Exposed, Loss, Outage, loss_of, worst_first
from tasks.rules.reorder import Receipt
from tasks.rules.reorder_pools import POOLS
from tasks.warehouse.tables import fetch

# A unit's price is what it brought on average over the window, bundles left out, at the shop's own rates.
SOLD_BY = """
    with sold as (
        select order_lines.sku, sum(order_lines.net_amount / channels.rate) / sum(order_lines.quantity_units) as price
        from core.order_lines
        inner join settings.channels using (channel)
        cross join settings.run
        cross join settings.stock
        where order_lines.is_demand and order_lines.net_amount is not null and order_lines.quantity_units > 0
            and order_lines.business_date >= run.business_date - cast(stock.window_days as integer)
        group by order_lines.sku
    ),
    offered as (
        select sku, list(distinct supplier_id order by supplier_id) as suppliers from core.supplier_items group by sku
    )
    select plan.sku, plan.pool, plan.abc, plan.position - plan.on_order as free_units,
        coalesce(plan.demand_rate, plan.calendar_velocity) as daily_units, plan.lead_time_days,
        cast(sold.price as decimal(18, 6)) as price, supply.own_cost as cost,
        coalesce(list_filter(offered.suppliers, lambda each: each != supply.supplier), []) as other_suppliers
    from ops.reorder_plan as plan
    inner join ops.reorder_supply as supply using (sku)
    left join sold using (sku)
    left join offered using (sku)
    where supply.supplier = ?
    order by plan.sku, plan.pool
"""
# What is on order without a promised date comes on no day that anybody could name.
COMING = """
    select lines.sku, locations.pool, lines.supplier_id = ? as is_theirs, lines.promised_date as due_date,
        lines.ordered_units - lines.received_units as units
    from core.purchase_order_lines as lines
    left join settings.locations using (location)
    where lines.state in ('open', 'partial') and lines.ordered_units > lines.received_units
        and lines.promised_date is not null
    order by lines.sku, lines.promised_date, lines.po_number
"""


@dataclass(frozen=True)
class _Sku:
    """A SKU of the supplier in one pool, as the last plan has it."""

    sku: str
    pool: str
    abc: str | None
    free_units: int | None
    daily_units: Decimal | None
    lead_time_days: Decimal | None
    price: Decimal | None
    cost: Decimal | None
    other_suppliers: list[str]


@dataclass(frozen=True)
class _Coming:
    """Units of a purchase order line that have not come; `pool` is None where it does not say."""

    sku: str
    pool: str | None
    is_theirs: bool
    due_date: date
    units: int


def losses(con: duckdb.DuckDBPyConnection, outage: Outage) -> list[Loss]:
    """Return what the outage does to each SKU that is bought from the supplier, the worst first.

    Raises:
        UsageError: nothing is bought from such a supplier.
    """
    found = fetch(con, _Sku, SOLD_BY, [outage.supplier])
    if not found:
        known = con.execute(
            "select distinct supplier from ops.reorder_supply where supplier is not null order by all"
        ).fetchall()
        names = ", ".join(name for (name,) in known) or "none"
        raise UsageError(f"No SKU is bought from {outage.supplier!r}. Suppliers: {names}.")
    pools: dict[str, list[str]] = defaultdict(list)
    for each in found:
        pools[each.sku].append(each.pool)
    first = {sku: min(names, key=POOLS.index) for sku, names in pools.items()}
    coming: dict[tuple[str, str, bool], list[Receipt]] = defaultdict(list)
    for line in fetch(con, _Coming, COMING, [outage.supplier]):
        if line.sku in pools:  # what does not say where it goes comes to the first pool
            pool = line.pool if line.pool in pools[line.sku] else first[line.sku]
            coming[line.sku, pool, line.is_theirs].append(Receipt(line.due_date, line.units))
    return worst_first(
        [
            loss_of(
                Exposed(
                    sku=each.sku,
                    pool=each.pool,
                    abc=each.abc,
                    free_units=each.free_units,
                    daily_units=each.daily_units,
                    theirs=tuple(coming[each.sku, each.pool, True]),
                    others=tuple(coming[each.sku, each.pool, False]),
                    lead_time_days=each.lead_time_days,
                    price=each.price,
                    cost=each.cost,
                    other_suppliers=tuple(each.other_suppliers),
                ),
                outage,
            )
            for each in found
        ]
    )
