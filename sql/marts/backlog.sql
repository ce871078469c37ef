-- The orders of which something waits for us: paid, not cancelled, not on hold, not gone, by age. An order whose buyer chose the day is among
-- them, but its age alarms nobody: the KPI backlog_24h leaves it out.
-- grain:  one row per unshipped order
-- needs:  orders, sibling_orders, shipments, sku_map
-- keys:   shop, channel, order_id
-- inputs: ops.fulfilment_orders, settings.run

create or replace table marts.backlog as
with

waiting as (
    select
        orders.*,
        cast(date_diff('millisecond', orders.ordered_at, run.as_of) / 3600000.0 as decimal(18, 2)) as age_hours
    from ops.fulfilment_orders as orders
    cross join settings.run
    where orders.is_waiting
)

select
    run.shop,
    run.business_date as as_of,
    waiting.channel,
    waiting.order_id,
    waiting.location,
    waiting.ordered_at,
    waiting.age_hours,
    case
        when waiting.ordered_at < run.as_of - to_hours(backlog_age_hours()[3]) then '>' || backlog_age_hours()[3]
        when waiting.ordered_at < run.as_of - to_hours(backlog_age_hours()[2])
            then backlog_age_hours()[2] || '-' || backlog_age_hours()[3]
        when waiting.ordered_at < run.as_of - to_hours(backlog_age_hours()[1])
            then backlog_age_hours()[1] || '-' || backlog_age_hours()[2]
        else '0-' || backlog_age_hours()[1]
    end || ' h' as bucket,
    waiting.ship_by_at,
    waiting.is_due as past_due,
    waiting.is_scheduled,
    getvariable('rule_version') as rule_version
from waiting
cross join settings.run;

comment on column marts.backlog.location is 'Where its lines say it leaves from, else the channel''s first; empty where nothing states it';
comment on column marts.backlog.bucket is '0-24 h, 24-48 h, 48-72 h, >72 h; a full 24 h is still 0-24 h';
