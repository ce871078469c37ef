-- Accounts at a channel that are beyond one of its limits, or a few orders from it. The sales of a channel are at stake
-- once, however many of its limits are reached: they are with the first of its cases. An account without a fault is near
-- no limit, however few its orders: what is left to it says then only how small the channel is.
-- grain:  one row per type × channel × metric
-- keys:   type, subject_kind, subject_id
-- inputs: marts.channel_health

create or replace table checks.finding_health as
select
    if(status = 'breached', 'channel_limit_reached', 'channel_limit_near') as type,
    'channel_metric' as subject_kind,
    channel || '/' || metric as subject_id,
    channel,
    cast(null as varchar) as order_id,
    concat_ws(
        ', ',
        'the channel says ' || coalesce(cast(round(value * 100, 2) as varchar) || ' %', channel_status),
        'our own rows say ' || round(own_value * 100, 2) || ' % (' || fault_orders || ' of ' || counted_orders
        || ' orders)',
        'its limit is ' || round(threshold * 100, 2) || ' %',
        case
            when status != 'breached' and headroom_orders = 0 then 'the next order that goes wrong reaches it'
            when status != 'breached' then headroom_orders || ' more may go wrong before it is reached'
        end
    ) as evidence,
    case
        when row_number() over (partition by channel order by status = 'breached' desc, metric) = 1 then revenue_amount
    end as amount_at_stake,
    currency
from marts.channel_health
where status = 'breached' or (status = 'ok' and fault_orders > 0 and headroom_orders < health_headroom_orders());
