-- How the shop's own fulfilment went, each fact on its own day: due orders on the day they were due, cycle times on
-- the day they left, cancellations on the day they were placed. Days are those of the shop's clock, so that they add
-- up to the weeks of marts.kpi_weekly.
-- grain:  one row per day × channel × location
-- needs:  orders, sibling_orders, shipments, sku_map
-- keys:   shop, business_date, channel, location
-- inputs: ops.fulfilment_orders, ops.report_presence, settings.run

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
        shipped_date as business_date,
        *
    from ops.fulfilment_orders
    where cycle_hours is not null
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
        count(*) filter (where event = 'placed' and is_placed) as placed,
        count(*) filter (where event = 'placed' and is_cancelled) as cancelled
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
    -- Needs the issues that returns and tickets tell of, which no file brings yet.
    cast(null as decimal(9, 6)) as order_accuracy_rate,
    '1' as rule_version
from days
cross join settings.run
left join ops.report_presence using (channel);

comment on table marts.fulfilment_daily is 'How the shop''s own fulfilment went, each fact on its own day.';
comment on column marts.fulfilment_daily.shop is 'Shop';
comment on column marts.fulfilment_daily.business_date is 'Day on the shop''s clock';
comment on column marts.fulfilment_daily.channel is 'Channel by the shop file''s name';
comment on column marts.fulfilment_daily.location is 'Where its first parcel left, else where its lines say, else the channel''s first; empty where nothing tells';
comment on column marts.fulfilment_daily.due is 'Orders that had to leave that day, their moment past, and of which is known when they left or that they have not';
comment on column marts.fulfilment_daily.undated is 'Further orders due that day that are gone, and of which nothing says when: neither on time nor late';
comment on column marts.fulfilment_daily.on_time is 'Of them, left in time';
comment on column marts.fulfilment_daily.late is 'Of them, not left in time, whether they left since or not';
comment on column marts.fulfilment_daily.open_past_due is 'Of the late, still here';
comment on column marts.fulfilment_daily.on_time_ship_rate is 'on_time ÷ due; null where nothing was due, or no report states when orders leave';
comment on column marts.fulfilment_daily.shipped_units is 'Units of the due orders that left by now, undated ones too';
comment on column marts.fulfilment_daily.due_units is 'Units of the due orders, undated ones too';
comment on column marts.fulfilment_daily.fulfilment_rate is 'shipped_units ÷ due_units; null where nothing was due';
comment on column marts.fulfilment_daily.cycle_hours_p50 is 'Median hours from order to shipment, of orders that left that day and whose day the buyer did not choose';
comment on column marts.fulfilment_daily.cycle_hours_p90 is '90th percentile of the same, by linear interpolation';
comment on column marts.fulfilment_daily.placed is 'Orders placed that day';
comment on column marts.fulfilment_daily.cancelled is 'Of them, cancelled by now';
comment on column marts.fulfilment_daily.cancel_rate is 'cancelled ÷ placed; null where nothing was placed';
comment on column marts.fulfilment_daily.order_accuracy_rate is '1 − orders with an issue ÷ orders shipped; null until returns are read';
comment on column marts.fulfilment_daily.rule_version is 'Version of the rule that computed it';
