-- The figures that marketplaces judge a seller by, from our own rows, over the channel's own window that ends with the
-- last closed day. A figure is there only where our reports say all that it is made of.
-- grain:  one row per channel × metric
-- keys:   channel, metric
-- inputs: ops.fulfilment_orders, ops.report_presence, core.orders, core.shipments, settings.channels,
--   settings.standards, settings.run

create or replace table ops.account_figures as
with

windows as (
    select
        channels.channel,
        standards.metric,
        run.business_date - cast(standards.window_days as integer) as from_date,
        run.business_date - 1 as to_date,
        coalesce(report_presence.knows_ship_day, true) as knows_ship_day
    from settings.channels
    inner join settings.standards using (platform)
    cross join settings.run
    left join ops.report_presence using (channel)
),

late as (
    select
        windows.channel,
        windows.metric,
        count(*) filter (where not orders.is_on_time) as fault_orders,
        count(*) as counted_orders
    from windows
    inner join ops.fulfilment_orders as orders
        on windows.channel = orders.channel and orders.due_date between windows.from_date and windows.to_date
    where
        windows.metric = 'late_shipment_rate'
        and windows.knows_ship_day
        and orders.is_due
        and orders.is_on_time is not null
    group by windows.channel, windows.metric
),

-- Who cancelled is stated by few channels; where one cancelled order does not say it, the rate is not known.
cancelled as (
    select
        windows.channel,
        windows.metric,
        case
            when count(*) filter (where orders.is_cancelled and stated.cancelled_by is null) = 0
                then count(*) filter (where orders.is_cancelled and stated.cancelled_by = 'seller')
        end as fault_orders,
        count(*) as counted_orders
    from windows
    inner join ops.fulfilment_orders as orders
        on windows.channel = orders.channel and orders.ordered_date between windows.from_date and windows.to_date
    inner join core.orders as stated on orders.channel = stated.channel and orders.order_id = stated.order_id
    where windows.metric = 'pre_fulfillment_cancellation_rate' and orders.is_placed
    group by windows.channel, windows.metric
),

tracked_orders as (
    select
        channel,
        order_id,
        bool_and(tracking_id != '') as is_tracked
    from core.shipments
    where order_id is not null
    group by channel, order_id
),

-- Only of orders whose parcels a warehouse reports: of the others it is not known whether they have a number.
untracked as (
    select
        windows.channel,
        windows.metric,
        count(*) filter (where not tracked_orders.is_tracked) as fault_orders,
        count(*) as counted_orders
    from windows
    inner join ops.fulfilment_orders as orders
        on windows.channel = orders.channel and orders.shipped_date between windows.from_date and windows.to_date
    inner join tracked_orders on orders.channel = tracked_orders.channel and orders.order_id = tracked_orders.order_id
    where windows.metric = 'valid_tracking_rate'
    group by windows.channel, windows.metric
)

select
    channel,
    metric,
    fault_orders,
    counted_orders
from late
union all
select
    channel,
    metric,
    fault_orders,
    counted_orders
from cancelled
where fault_orders is not null
union all
select
    channel,
    metric,
    fault_orders,
    counted_orders
from untracked;
