-- How often the orders of each SKU left in time, by the ISO week of their promise.
-- Judged as the KPI on_time_ship_rate is: by its minimum of cases and its critical limit. Only a week that is over is.
-- grain:  one row per ISO week × SKU
-- needs:  orders, sibling_orders, shipments, sku_map
-- keys:   shop, week, sku
-- inputs: ops.fulfilment_orders, core.order_lines, settings.kpis, settings.run

create or replace table marts.sku_on_time_weekly as
with

due as (
    select distinct
        orders.channel,
        orders.order_id,
        orders.due_date,
        orders.is_on_time,
        order_lines.sku
    from ops.fulfilment_orders as orders
    inner join core.order_lines using (channel, order_id)
    where orders.is_due and orders.is_on_time is not null and order_lines.is_to_ship and order_lines.sku is not null
),

weeks as (
    select
        strftime(due_date, '%G-W%V') as week,
        max(date_trunc('week', due_date)) as monday,
        sku,
        count(*) as due,
        count(*) filter (where is_on_time) as on_time
    from due
    group by strftime(due_date, '%G-W%V'), sku
),

rated as (
    select
        *,
        cast(cast(on_time as decimal(38, 6)) / due as decimal(9, 6)) as on_time_ship_rate
    from weeks
)

select
    run.shop,
    rated.week,
    rated.sku,
    rated.due,
    rated.on_time,
    rated.due - rated.on_time as late,
    rated.on_time_ship_rate,
    case
        when rated.due >= kpis.minimum_n and rated.monday < date_trunc('week', run.business_date)
            then rated.on_time_ship_rate <= kpis.critical
    end as is_below,
    getvariable('rule_version') as rule_version
from rated
cross join settings.run
inner join settings.kpis on kpis.kpi = 'on_time_ship_rate';

comment on column marts.sku_on_time_weekly.due is 'Orders with the SKU whose promise fell in the week and that are dated';
comment on column marts.sku_on_time_weekly.is_below is 'Whether the rate is at or beyond the critical limit of on_time_ship_rate; null where the week is not over or has too few orders';
