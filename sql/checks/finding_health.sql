-- Accounts at a channel that are beyond one of its limits, or a few orders from it.
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
        case when status != 'breached' then headroom_orders || ' more reach it' end
    ) as evidence,
    revenue_amount as amount_at_stake,
    currency
from marts.channel_health
where status = 'breached' or (status = 'ok' and headroom_orders < health_headroom_orders());
