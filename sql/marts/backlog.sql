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
        when waiting.ordered_at < run.as_of - interval 72 hour then '>72 h'
        when waiting.ordered_at < run.as_of - interval 48 hour then '48-72 h'
        when waiting.ordered_at < run.as_of - interval 24 hour then '24-48 h'
        else '0-24 h'
    end as bucket,
    waiting.ship_by_at,
    waiting.is_due as past_due,
    waiting.is_scheduled,
    '1' as rule_version
from waiting
cross join settings.run;

comment on table marts.backlog is 'The orders of which something waits for us: paid, not cancelled, not on hold, not gone, by age.';
comment on column marts.backlog.shop is 'Shop';
comment on column marts.backlog.as_of is 'Business date of the state';
comment on column marts.backlog.channel is 'Channel by the shop file''s name';
comment on column marts.backlog.order_id is 'The channel''s own order id';
comment on column marts.backlog.location is 'Where its lines say it leaves from, else the channel''s first; empty where nothing tells';
comment on column marts.backlog.ordered_at is 'Moment it was placed, UTC';
comment on column marts.backlog.age_hours is 'Hours since it was placed';
comment on column marts.backlog.bucket is '0-24 h, 24-48 h, 48-72 h, >72 h; a full 24 h is still 0-24 h';
comment on column marts.backlog.ship_by_at is 'Moment by which it must leave, UTC';
comment on column marts.backlog.past_due is 'That moment has passed';
comment on column marts.backlog.is_scheduled is 'The buyer chose the day';
comment on column marts.backlog.rule_version is 'Version of the rule that computed it';
