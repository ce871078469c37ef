"""What the reorder plan is made of: one query a fact, its rows by name."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import duckdb
import numpy as np

from config.buying import Reorder
from tasks.rules.capacity import Room
from tasks.rules.classes import Abc
from tasks.rules.columns import Columns, Days, Flags, Floats, Ints, Objects, Series, packed
from tasks.rules.reorder_pools import POOLS as POOL_ORDER
from tasks.rules.supplier import LastPrice, Offers
from tasks.warehouse.columns import fetch_columns
from tasks.warehouse.tables import fetch, rows_of

# What is promised at a place that nobody counts draws on the pool's counted ones; without any there is no position.
# What Amazon says is on its way to it holds, less what of our shipments is missing while Amazon still counts it.
STOCK = """
    select stock_position.sku, coalesce(locations.pool, 'merchant') as pool,
        case when bool_or(source_as_of is not null) then cast(sum(on_hand_units) as bigint) end as on_hand,
        case
            when bool_or(source_as_of is not null)
                then cast(sum(coalesce(available_units, -reserved_units)) as bigint)
        end as available,
        cast(sum(reserved_units) as bigint) as reserved,
        cast(
            still_to_come(sum(incoming_units), any_value(inbound.to_come_units), any_value(inbound.missing_units))
            as bigint
        ) as incoming,
        bool_and(is_stale) filter (source_as_of is not null) as is_stale
    from ops.stock_position
    left join settings.locations using (location)
    left join (
        select sku, sum(to_come_units) as to_come_units, sum(missing_units) as missing_units
        from ops.inbound_shipments where is_open_shipment(age_days) group by sku
    ) as inbound on stock_position.sku = inbound.sku and locations.pool = 'fba'
    group by all
"""
# A row per SKU and pool that it is in: one that it sells from or has stock of, and without any sale or stock the
# first that lists it. Bundles are made of what is bought, never bought themselves.
PLANNED = f"""
    create or replace temp table planned as
    with windows as (
        select sku, pool, list_position($pools, pool) as place,
            min(business_date) as window_start, min(business_date) filter (units is not null) as known_from,
            max(business_date) filter (units is not null) as known_to, max(business_date) as window_end,
            coalesce(bool_or(units != 0), false) as is_sold
        from ops.demand_daily
        where sku not in (select bundle_sku from core.bundles)
        group by sku, pool
    ),
    stock as ({STOCK}),
    known as (
        select windows.*, stock.on_hand, stock.available, stock.incoming, stock.is_stale,
            windows.is_sold or coalesce(on_hand != 0 or reserved != 0 or incoming != 0, false) as is_used
        from windows left join stock using (sku, pool)
    ),
    used as (
        select * from known
        qualify is_used
            or (not bool_or(is_used) over (partition by sku)
                and row_number() over (partition by sku order by place) = 1)
    )
    select row_number() over (order by sku, place) - 1 as row,
        row_number() over (partition by sku order by place) = 1 as is_first,
        count(*) over (partition by sku) as pools,
        * exclude (is_sold, is_used, place)
    from used
"""
# With what is known of the SKU: the day of its last sale, alone or in a bundle; from when both its stock and the
# shop's orders are known; its class.
POOLS = """
    with sales as (
        select coalesce(bundles.component_sku, order_lines.sku) as sku, max(order_lines.business_date) as last_sale
        from core.order_lines left join core.bundles on order_lines.sku = bundles.bundle_sku
        where order_lines.is_demand
        group by all
    ),
    since as (
        select sku, greatest(min(history_date), (select min(business_date) from core.order_lines)) as known_since
        from core.stock_history group by sku
    )
    select planned.sku, planned.pool, planned.is_first, planned.pools, planned.window_start, planned.known_from,
        planned.known_to, planned.window_end, planned.on_hand, planned.available,
        coalesce(planned.incoming, 0) as incoming, coalesce(planned.is_stale, false) as is_stale,
        sales.last_sale, since.known_since, sku_classes.abc
    from planned
    left join sales using (sku)
    left join since using (sku)
    left join ops.sku_classes using (sku)
    order by planned.row
"""
# The known days of each of these rows, in any order.
DAYS = """
    select cast(planned.row as integer) as row,
        cast(demand_daily.business_date - planned.known_from as integer) as day, demand_daily.units,
        cast(coalesce(cast(demand_daily.is_in_stock as tinyint), -1) as tinyint) as in_stock
    from ops.demand_daily inner join planned using (sku, pool)
    where demand_daily.units is not null
"""
# The complete months of each SKU after that of its first sale, where there are two years of them.
MONTHS = """
    with lines as (
        select coalesce(bundles.component_sku, order_lines.sku) as sku,
            date_trunc('month', order_lines.business_date) as month,
            order_lines.demand_units * coalesce(bundles.component_units, 1) as units
        from core.order_lines left join core.bundles on order_lines.sku = bundles.bundle_sku
        where order_lines.is_demand
    ),
    sold as (select sku, month, sum(units) as units from lines group by all),
    firsts as (select sku, min(month) as first_month from sold group by sku),
    months as (
        select firsts.sku,
            unnest(generate_series(
                firsts.first_month + interval 1 month,
                date_trunc('month', run.business_date) - interval 1 month, interval 1 month
            )) as month
        from firsts cross join settings.run
        where firsts.first_month < date_trunc('month', run.business_date) - interval 24 month
    )
    select months.sku, list(cast(coalesce(sold.units, 0) as bigint) order by months.month)
    from months left join sold using (sku, month) group by months.sku
"""
ON_ORDER = """
    select sku, po_number, promised_date, ordered_date, ordered_units - received_units as units,
        is_placed_line(state, received_units) as is_placed, status, supplier_id as supplier, locations.pool
    from core.purchase_order_lines
    left join settings.locations using (location)
    where is_open_line(state, ordered_units, received_units)
    order by sku, promised_date, po_number
"""
# What has come, and is in no count yet; of the day of the count nobody knows.
CAME = """
    select sku, po_number, received_date, received_units as units, is_same_day, pool
    from ops.received_since_count order by sku, received_date, po_number, location
"""
# What a person marked as ordered, until the purchase orders show it.
MARKED = """
    select sku, supplier, units, ordered_on
    from ledger.purchase_suggestions as ours
    where state = 'ordered' and ordered_on is not null and not exists (
        select 1 from core.purchase_order_lines as theirs
        where theirs.sku = ours.sku and theirs.supplier_id = ours.supplier
            and theirs.ordered_date >= ours.opened_on and theirs.state != 'draft'
    )
"""
# Open suggestions that the supplier's purchase orders show as placed.
PLACED = """
    select ours.po_key, min(theirs.po_number) as po_number
    from ledger.purchase_suggestions as ours
    inner join core.purchase_order_lines as theirs
        on ours.sku = theirs.sku and ours.supplier = theirs.supplier_id and theirs.ordered_date >= ours.opened_on
    where ours.state in ('suggested', 'approved') and theirs.state not in ('draft', 'unknown')
    group by ours.po_key order by ours.po_key
"""
# The space that Amazon's places fill: what is there and on its way there, where a report states the volume of a unit.
FILLED = """
    select coalesce(sum((coalesce(on_hand_units, 0) + coalesce(incoming_units, 0)) * unit_cubic_feet), 0)
    from ops.stock_position
    inner join settings.locations using (location)
    inner join core.amazon_hints using (sku)
    where locations.pool = 'fba'
"""
HINTS = (
    "select sku, unit_cubic_feet, suggested_units, excess_units from core.amazon_hints order by sku"
)
OFFERS = """
    select sku, supplier_id as supplier, name, lead_time_days, moq_units as moq, case_pack_units as case_pack,
        unit_cost_amount as unit_cost, currency, review_days, coalesce(is_preferred, false) as is_preferred,
        is_approved, supplier_sku, payment_terms
    from core.supplier_items order by sku, supplier_id
"""
# Suppliers with an order that is overdue, and by how many days at most.
LATE = """
    select supplier_id, cast(max(run.business_date - promised_date) as bigint)
    from core.purchase_order_lines cross join settings.run
    where is_open_line(state, ordered_units, received_units) and is_placed_line(state, received_units)
        and promised_date < run.business_date
    group by supplier_id
"""
# What the newest order of each SKU with each supplier cost: the price that it answered, where it did.
LAST_PRICES = """
    select sku, supplier_id as supplier, po_number,
        case when unit_price_amount is null then unit_cost_amount else unit_price_amount end as unit_cost,
        case when unit_price_amount is null then currency else coalesce(price_currency, currency) end as currency
    from ops.purchase_order_status
    where state not in ('draft', 'unknown') and coalesce(unit_price_amount, unit_cost_amount) is not null
    qualify row_number() over (
        partition by sku, supplier_id order by ordered_date desc, po_number desc, delivery_no desc
    ) = 1
    order by sku, supplier_id
"""
LEAD_TIMES = """
    select supplier_id, list(full_received_date - ordered_date order by po_number, sku, delivery_no)
    from core.purchase_order_lines cross join settings.run
    where ordered_date >= run.business_date - 365 and full_received_date >= ordered_date
    group by supplier_id
"""
# Crossings that lasted when the ledger last heard of them.
CROSSINGS = """
    select sku, crossing_date, ordered_on from ledger.purchase_suggestions
    where ended_on is null and crossing_date is not null
        and state in ('suggested', 'pending_approval', 'approved', 'rejected', 'ordered')
    order by sku, crossing_date
"""


@dataclass(frozen=True)
class Pools(Columns):
    """What is known of each SKU in each pool that it is in, the pool that is bought for first.

    `pools` are those that the SKU is in. Days without any order known are not counted: `known_from`
    and `known_to` are the first and the last of the window that are, NaT where there is none. On hand
    and available are NaN where no file counts it there; `incoming` are units that the place's own
    file says are on their way to it.
    """

    sku: Objects
    pool: Objects
    is_first: Flags
    pools: Ints
    window_start: Days
    known_from: Days
    known_to: Days
    window_end: Days
    on_hand: Floats
    available: Floats
    incoming: Ints
    is_stale: Flags
    last_sale: Days
    known_since: Days
    abc: Objects


@dataclass(frozen=True)
class OnOrder:
    """Units of a purchase order line that did not come yet; without `is_placed` a person must look.

    `pool` is where it is to be delivered, None where no export says it.
    """

    sku: str
    po_number: str
    promised_date: date | None
    ordered_date: date | None
    units: int
    is_placed: bool
    status: str | None
    supplier: str | None
    pool: str | None


@dataclass(frozen=True)
class Came:
    """Units of a purchase order that came since their SKU was counted, `is_same_day` on the day of the count.

    `pool` is where they came to, None where no receipt says it.
    """

    sku: str
    po_number: str
    received_date: date
    units: int
    is_same_day: bool
    pool: str | None


@dataclass(frozen=True)
class Marked:
    """Units that a person marked as ordered."""

    sku: str
    supplier: str
    units: int
    ordered_on: date


@dataclass(frozen=True)
class Placed:
    """A suggested line that a purchase order of the supplier shows."""

    po_key: str
    po_number: str


@dataclass(frozen=True)
class Crossing:
    """A line of the ledger about a SKU that was at its reorder point since `crossing_date`."""

    sku: str
    crossing_date: date
    ordered_on: date | None


def pools(con: duckdb.DuckDBPyConnection) -> Pools:
    """Return the rows of a plan, by SKU and pool, kept for `days` as the temporary table planned."""
    con.execute(PLANNED, {"pools": list(POOL_ORDER)})
    return fetch_columns(con, Pools, POOLS)


def days(con: duckdb.DuckDBPyConnection, rows: int) -> tuple[Series, Ints]:
    """Return the units of the known days of the rows of `pools`, and whether each could sell."""
    found = con.sql(DAYS).to_arrow_table()
    row, day, units, stock = (column.to_numpy() for column in found.columns)
    length = int(day.max(initial=-1)) + 1
    wanted = np.zeros((rows, length), dtype=np.int64)
    in_stock = np.full((rows, length), -1, dtype=np.int8)
    is_known = np.zeros((rows, length), dtype=bool)
    wanted[row, day], in_stock[row, day], is_known[row, day] = units, stock, True
    return Series(wanted, np.full(rows, length)).kept(is_known), packed(in_stock, is_known, -1)


def on_order(con: duckdb.DuckDBPyConnection) -> tuple[OnOrder, ...]:
    """Return what the purchase orders show as not received."""
    return fetch(con, OnOrder, ON_ORDER)


def came(con: duckdb.DuckDBPyConnection) -> tuple[Came, ...]:
    """Return what has come since it was counted."""
    return fetch(con, Came, CAME)


def marked(con: duckdb.DuckDBPyConnection) -> tuple[Marked, ...]:
    """Return what was marked as ordered and no purchase order shows yet."""
    return fetch(con, Marked, MARKED)


def placed(con: duckdb.DuckDBPyConnection) -> tuple[Placed, ...]:
    """Return the open suggestions that the purchase orders show as placed."""
    return fetch(con, Placed, PLACED)


def crossings(con: duckdb.DuckDBPyConnection) -> tuple[Crossing, ...]:
    """Return the lines of the ledger whose crossing has not ended, by SKU and date."""
    return fetch(con, Crossing, CROSSINGS)


def offers(con: duckdb.DuckDBPyConnection) -> Offers:
    """Return the terms on which each SKU may be bought, by SKU."""
    return fetch_columns(con, Offers, OFFERS)


def late_suppliers(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Return by how many days each supplier with an overdue order is late."""
    return dict(con.execute(LATE).fetchall())


def last_prices(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, LastPrice]]:
    """Return what each SKU cost last, by supplier."""
    found: dict[str, dict[str, LastPrice]] = defaultdict(dict)
    for row in rows_of(con, LAST_PRICES):
        sku, supplier = row.pop("sku"), row.pop("supplier")
        found[sku][supplier] = LastPrice(**row)
    return found


def lead_times(con: duckdb.DuckDBPyConnection) -> dict[str, list[int]]:
    """Return the days from order to receipt of each supplier's lines of a year."""
    return dict(con.execute(LEAD_TIMES).fetchall())


def classes(con: duckdb.DuckDBPyConnection) -> dict[str, Abc]:
    """Return the class of each SKU that was sold."""
    found = con.execute("select sku, abc from ops.sku_classes").fetchall()
    return {sku: Abc(abc) for sku, abc in found}


def months(con: duckdb.DuckDBPyConnection) -> dict[str, list[int]]:
    """Return the units of each SKU's complete months, oldest first, where there are two years."""
    return dict(con.execute(MONTHS).fetchall())


def room(con: duckdb.DuckDBPyConnection, rules: Reorder) -> Room:
    """Return what Amazon takes: the space that is free, and what its newest reports say of each SKU."""
    hints = con.execute(HINTS).fetchall()
    filled: Decimal = con.execute(FILLED).fetchall()[0][0]
    capacity = rules.fba_capacity_cubic_feet
    return Room(
        {sku: volume for sku, volume, _, _ in hints if volume is not None},
        None if capacity is None else max(capacity - filled, Decimal(0)),
        {sku: units for sku, _, units, _ in hints if units is not None},
        {sku: units for sku, _, _, units in hints if units is not None},
        rules.fba_restock_limit,
    )
