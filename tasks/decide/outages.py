"""What if a supplier is down: what the last night knows of its SKUs, and what the outage costs."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import duckdb

from config.errors import UsageError
from tasks.decide import reorder_facts
from tasks.rules.outage import Exposed, Loss, Outage, loss_of, worst_first
from tasks.rules.reorder import arrival, expected_date
from tasks.rules.reorder_pools import POOLS
from tasks.rules.skus import Receipt
from tasks.warehouse.tables import fetch

SOLD_BY = """
    with offered as (
        select sku, list(distinct supplier_id order by supplier_id) as suppliers from core.supplier_items group by sku
    )
    select plan.sku, plan.pool, plan.abc, plan.position - plan.on_order as free_units,
        coalesce(plan.demand_rate, plan.calendar_velocity) as daily_units, plan.lead_time_days,
        unit_prices.net_unit_price as price, supply.own_cost as cost,
        coalesce(list_filter(offered.suppliers, lambda each: each != supply.supplier), []) as other_suppliers
    from ops.reorder_plan as plan
    inner join ops.reorder_supply as supply using (sku)
    left join ops.unit_prices using (sku)
    left join offered using (sku)
    where supply.supplier = ?
    order by plan.sku, plan.pool
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


def losses(con: duckdb.DuckDBPyConnection, outage: Outage, late_receipt_days: int) -> list[Loss]:
    """Return what the outage does to each SKU that is bought from the supplier, the worst first.

    What is on order is what the plan counts as such, expected when the plan expects it.

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
    leads = {
        each.sku: None if each.lead_time_days is None else float(each.lead_time_days)
        for each in found
    }
    for line in reorder_facts.on_order(con):
        if line.sku in pools and line.is_placed:
            # What does not say where it goes comes to the first pool.
            pool = line.pool if line.pool in pools[line.sku] else first[line.sku]
            due = expected_date(
                line.promised_date, line.ordered_date, leads[line.sku], outage.as_of
            )
            is_theirs = line.supplier == outage.supplier
            coming[line.sku, pool, is_theirs].append(Receipt(due, line.units))
    for ours in reorder_facts.marked(con):
        if ours.sku in pools:
            due = arrival(ours.ordered_on, leads[ours.sku])
            if (due or ours.ordered_on) + timedelta(days=late_receipt_days) >= outage.as_of:
                is_theirs = ours.supplier == outage.supplier
                coming[ours.sku, first[ours.sku], is_theirs].append(Receipt(due, ours.units))
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
