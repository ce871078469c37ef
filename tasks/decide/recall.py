"""What a recall affects: orders that hold the item, the shelves it is on, and what is on order of it."""

from datetime import date

import duckdb

from config.errors import UsageError
from tasks.rules.recall import Found, Recalled
from tasks.warehouse.tables import rows_of

# A shipped unit is affected if its order was placed or left in those days, an open one whenever it was placed: it
# still has to leave. Bundles are taken apart; what a channel says only of the whole order is dated by the order.
ORDERS = """
    with lines as (
        select order_lines.channel, order_lines.order_id, order_lines.location, order_lines.sku as sold_as,
            order_lines.business_date, cast(timezone(run.timezone, orders.shipped_at) as date) as left_date,
            order_lines.shipped_units * coalesce(bundles.component_units, 1) as shipped,
            order_lines.open_units * coalesce(bundles.component_units, 1) as open
        from core.order_lines
        inner join core.orders using (channel, order_id)
        left join core.bundles on order_lines.sku = bundles.bundle_sku
        cross join settings.run
        where coalesce(bundles.component_sku, order_lines.sku) = $1 and order_lines.is_counted
    )
    select 'shipped' as state, channel, order_id as document_id, location, sold_as,
        cast(sum(shipped) as bigint) as units, max(coalesce(left_date, business_date)) as on_date
    from lines
    where shipped > 0 and (business_date between $2 and $3 or left_date between $2 and $3)
    group by all
    union all
    select 'open' as state, channel, order_id as document_id, location, sold_as,
        cast(sum(open) as bigint) as units, max(business_date) as on_date
    from lines
    where open > 0
    group by all
    order by state desc, on_date, channel, document_id, sold_as
"""
SHELVES = """
    select 'stock' as state, null as channel, null as document_id, location, sku as sold_as, on_hand_units as units,
        cast(timezone(run.timezone, source_as_of) as date) as on_date
    from ops.stock_position cross join settings.run
    where sku = $1 order by location
"""
ON_ORDER = """
    select 'on_order' as state, null as channel, po_number as document_id, null as location, sku as sold_as,
        ordered_units - received_units as units, promised_date as on_date
    from ops.purchase_order_status
    where sku = $1 and is_open_line(state, ordered_units, received_units) order by promised_date, po_number
"""
# No order says which lot it holds, so a lot narrows a recall to the days since it came.
RECEIPTS = """
    select 'received' as state, null as channel, receipt_id as document_id, location, sku as sold_as,
        received_units as units, received_date as on_date
    from valid.receipts
    where sku = $1 and lower(trim(lot)) = lower(trim($2))
    qualify rank() over (partition by receipt_id order by exported_at desc, file_id desc) = 1
    order by received_date, receipt_id, line_no
"""
LOTS = "select string_agg(distinct lot, ', ' order by lot) from valid.receipts where sku = $1"
KNOWN = """
    select exists(select 1 from core.stock_levels where sku = $1)
        or exists(select 1 from core.order_lines left join core.bundles on order_lines.sku = bundles.bundle_sku
            where coalesce(bundles.component_sku, order_lines.sku) = $1)
        or exists(select 1 from core.purchase_order_lines where sku = $1)
"""


def recalled(
    con: duckdb.DuckDBPyConnection, sku: str, first: date, last: date, lot: str = ""
) -> list[Recalled]:
    """Return where units of a SKU are that were sold or left from `first` to `last`.

    With a lot, from the day on which it first came, and its receipts.

    Raises:
        UsageError: the days are the wrong way round, nobody ever sold, stocked or bought the SKU, or
            no receipt names the lot.
    """
    if first > last:
        raise UsageError(f"first_date {first} is after last_date {last}.")
    if con.execute(KNOWN, [sku]).fetchone() == (False,):
        raise UsageError(f"Nobody ever sold, stocked or bought the SKU {sku!r}. See its spelling.")
    came = rows_of(con, RECEIPTS, [sku, lot]) if lot else []
    if lot and not came:
        [(lots,)] = con.execute(LOTS, [sku]).fetchall()
        raise UsageError(f"No receipt of {sku} names the lot {lot!r}. Lots: {lots or 'none'}.")
    first = max([first, *(row["on_date"] for row in came[:1])])
    found = [
        *rows_of(con, ORDERS, [sku, first, last]),
        *rows_of(con, SHELVES, [sku]),
        *rows_of(con, ON_ORDER, [sku]),
        *came,
    ]
    return [Recalled(**{**row, "state": Found(row["state"])}) for row in found]
