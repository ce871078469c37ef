-- Orders due today or overdue of which the shelf has a part and lacks a part.
-- grain:  one row per order
-- keys:   type, subject_kind, subject_id
-- inputs: ops.pick_lines, core.orders, settings.channels, settings.run

create or replace table checks.finding_picking as
with

short as (
    select
        pick_lines.channel,
        pick_lines.order_id,
        string_agg(
            pick_lines.sku || ' ' || pick_lines.short_units || ' of ' || pick_lines.open_units
            || ' missing at ' || pick_lines.location, ', '
            order by pick_lines.sku, pick_lines.location
        ) filter (where pick_lines.short_units > 0) as missing
    from ops.pick_lines as pick_lines
    cross join settings.run
    where pick_lines.ship_by_date <= run.business_date
    group by pick_lines.channel, pick_lines.order_id
    having sum(pick_lines.short_units) between 1 and sum(pick_lines.open_units) - 1
)

select
    'partial_stock_order' as type,
    'order' as subject_kind,
    short.channel || '/' || short.order_id as subject_id,
    short.channel,
    short.order_id,
    short.missing || case
        when channels.is_split then '; the rest is on the pick list'
        else '; the channel sends no part of an order: all of it waits'
    end as evidence,
    cast(orders.total_amount as decimal(18, 2)) as amount_at_stake,
    orders.currency
from short
inner join core.orders as orders using (channel, order_id)
inner join settings.channels using (channel);
