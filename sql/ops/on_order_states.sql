-- What is on order of each SKU for each pool that it is in, by how sure it is: confirmed, not confirmed, or overdue. An
-- order that does not say where it goes, or goes to a pool that the SKU is not in, is for the first pool. What is
-- overdue is neither of the others. What came since the count is confirmed until a count has it. Of a supplier that
-- answers no orders it is not known which of the two it is; without any purchase order that ever came nothing is known.
-- grain:  one row per SKU × replenishment pool
-- keys:   sku, pool
-- inputs: ops.reorder_plan, ops.purchase_order_status, ops.received_since_count, core.purchase_order_lines,
--   settings.locations

create or replace table ops.on_order_states as
with

pools as (
    select
        sku,
        pool,
        row_number() over (partition by sku order by list_position(['merchant', '3pl', 'fba'], pool)) = 1 as is_first
    from ops.reorder_plan
),

lines as (
    select
        lines.sku,
        locations.pool,
        status.is_confirmed,
        status.overdue_days is not null as is_overdue,
        lines.ordered_units - lines.received_units as units
    from core.purchase_order_lines as lines
    inner join ops.purchase_order_status as status using (po_number, sku, delivery_no)
    left join settings.locations using (location)
    where
        is_open_line(lines.state, lines.ordered_units, lines.received_units)
        and is_placed_line(lines.state, lines.received_units)
    union all
    select
        sku,
        pool,
        true as is_confirmed,
        false as is_overdue,
        received_units as units
    from ops.received_since_count
    where not is_same_day
),

known as (
    select count(*) > 0 as has_orders
    from core.purchase_order_lines
),

placed as (
    select
        pools.sku,
        pools.pool,
        coalesce(sum(lines.units) filter (where not lines.is_overdue and lines.is_confirmed), 0) as confirmed_units,
        coalesce(sum(lines.units) filter (where not lines.is_overdue and not lines.is_confirmed), 0)
            as unconfirmed_units,
        coalesce(sum(lines.units) filter (where lines.is_overdue), 0) as overdue_units,
        coalesce(bool_or(not lines.is_overdue and lines.is_confirmed is null), false) as is_unanswered
    from pools
    left join lines
        on
            pools.sku = lines.sku
            and (
                pools.pool = lines.pool
                or (
                    pools.is_first
                    and not exists (
                        select 1 from pools as others
                        where others.sku = lines.sku and others.pool = lines.pool
                    )
                )
            )
    group by pools.sku, pools.pool
)

select
    placed.sku,
    placed.pool,
    cast(case when known.has_orders and not placed.is_unanswered then placed.confirmed_units end as bigint)
        as confirmed_units,
    cast(case when known.has_orders and not placed.is_unanswered then placed.unconfirmed_units end as bigint)
        as unconfirmed_units,
    cast(case when known.has_orders then placed.overdue_units end as bigint) as overdue_units
from placed
cross join known;
