-- How the shop's own fulfilment went, each fact on its own day: due orders on the day they were due, cycle times on
-- the day they left, cancellations on the day they were placed. Days are those of the shop's clock, so that they add
-- up to the weeks of marts.kpi_weekly.
-- grain:  one row per day × channel × location
-- needs:  orders, sibling_orders, shipments, sku_map, returns
-- keys:   shop, business_date, channel, location
-- inputs: ops.fulfilment_orders, ops.order_accuracy, ops.report_presence, settings.run

create or replace table marts.fulfilment_daily as
with

events as (
    select
        'due' as event,
        due_date as business_date,
        *
    from ops.fulfilment_orders
    where is_due
    union all by name
    select
        'shipped' as event,
        orders.shipped_date as business_date,
        orders.*,
        order_accuracy.is_accurate
    from ops.fulfilment_orders as orders
    left join ops.order_accuracy using (channel, order_id)
    where orders.cycle_hours is not null
    union all by name
    select
        'placed' as event,
        ordered_date as business_date,
        *
    from ops.fulfilment_orders
),

days as (
    select
        business_date,
        channel,
        location,
        count(*) filter (where event = 'due' and is_on_time is not null) as due,
        count(*) filter (where event = 'due' and is_on_time is null) as undated,
        count(*) filter (where event = 'due' and is_on_time) as on_time,
        count(*) filter (where event = 'due' and is_waiting and not is_on_time) as open_past_due,
        coalesce(sum(shipped_units) filter (where event = 'due'), 0) as shipped_units,
        coalesce(sum(ordered_units) filter (where event = 'due'), 0) as due_units,
        quantile_cont(cycle_hours, 0.5) filter (where event = 'shipped' and not is_scheduled) as p50_hours,
        quantile_cont(cycle_hours, 0.9) filter (where event = 'shipped' and not is_scheduled) as p90_hours,
        count(*) filter (where event = 'shipped' and is_accurate) as accurate,
        count(is_accurate) filter (where event = 'shipped') as judged,
        count(*) filter (where event = 'placed' and is_placed) as placed,
        count(*) filter (where event = 'placed' and is_placed and is_cancelled) as cancelled
    from events
    group by business_date, channel, location
)

select
    run.shop,
    days.business_date,
    days.channel,
    days.location,
    days.due,
    days.undated,
    days.on_time,
    days.due - days.on_time as late,
    days.open_past_due,
    -- Of a channel whose reports state no day of shipping only the late are known: no rate.
    cast(
        case
            when coalesce(report_presence.knows_ship_day, true)
                then cast(days.on_time as decimal(38, 6)) / nullif(days.due, 0)
        end as decimal(9, 6)
    ) as on_time_ship_rate,
    cast(days.shipped_units as bigint) as shipped_units,
    cast(days.due_units as bigint) as due_units,
    cast(cast(days.shipped_units as decimal(38, 6)) / nullif(days.due_units, 0) as decimal(9, 6)) as fulfilment_rate,
    cast(days.p50_hours as decimal(18, 6)) as cycle_hours_p50,
    cast(days.p90_hours as decimal(18, 6)) as cycle_hours_p90,
    days.placed,
    days.cancelled,
    cast(cast(days.cancelled as decimal(38, 6)) / nullif(days.placed, 0) as decimal(9, 6)) as cancel_rate,
    cast(cast(days.accurate as decimal(38, 6)) / nullif(days.judged, 0) as decimal(9, 6)) as order_accuracy_rate,
    getvariable('rule_version') as rule_version
from days
cross join settings.run
left join ops.report_presence using (channel);

comment on column marts.fulfilment_daily.business_date is 'Day on the shop''s clock';
comment on column marts.fulfilment_daily.location is 'Where its first parcel left, else where its lines say, else the channel''s first; empty where nothing states it';
comment on column marts.fulfilment_daily.shipped_units is 'Units of the due orders that left by now, undated ones too';
