-- Whether each order that left was sent as it was ordered: nothing of it came back for a fault of ours (wrong item or
-- quantity, damaged, wrong address) within the days that returns take. Before those days are over nobody can say it;
-- nor where no return of its place or channel was ever reported, or a reason is not stated or in no list.
-- grain:  one row per order that left
-- keys:   channel, order_id
-- inputs: ops.fulfilment_orders, core.returns, settings.run

create or replace table ops.order_accuracy as
with

places as (
    select distinct location
    from core.returns
    where location is not null
),

channels as (
    select distinct channel
    from core.returns
    where location is null
),

back as (
    select
        orders.channel,
        orders.order_id,
        bool_or(returns.is_our_fault) as has_fault,
        bool_or(returns.is_our_fault is null) as has_unknown_reason
    from ops.fulfilment_orders as orders
    inner join core.returns using (channel, order_id)
    where
        returns.returned_units > 0
        and coalesce(returns.requested_at, returns.returned_at) <= orders.shipped_at + to_days(order_accuracy_days())
    group by orders.channel, orders.order_id
)

select
    orders.channel,
    orders.order_id,
    case
        when places.location is null and channels.channel is null then null
        when orders.shipped_at + to_days(order_accuracy_days()) > run.as_of then null
        when back.has_fault then false
        when back.has_unknown_reason then null
        else true
    end as is_accurate
from ops.fulfilment_orders as orders
cross join settings.run
left join places using (location)
left join channels using (channel)
left join back using (channel, order_id)
where orders.shipped_at is not null;
