-- How each carrier's services did in each month of shipping: parcels, arrivals, time on the way, suspected losses.
-- Arrivals are known of parcels whose channel states them; of a service without such a parcel every figure of them is
-- null. In time is what came within the days that the shop file says the carrier promises (`carriers`). Dispatch is ours:
-- whether the orders of its parcels left by their own promise.
-- grain:  one row per month × carrier × service
-- needs:  orders, sibling_orders, shipments
-- keys:   shop, month, carrier, service
-- inputs: ops.parcels, ops.fulfilment_orders, settings.run

create or replace table marts.carriers_monthly as
with

months as (
    select
        strftime(parcels.shipped_date, '%Y-%m') as month,
        coalesce(parcels.carrier, '') as carrier,
        coalesce(parcels.service, '') as service,
        count(*) as parcels,
        count(*) filter (where parcels.knows_arrival) as traceable,
        count(parcels.delivered_at) filter (where parcels.knows_arrival) as delivered,
        count(*) filter (where parcels.is_on_time) as on_time,
        count(parcels.is_on_time) as judged,
        quantile_cont(parcels.transit_days, 0.5) filter (where parcels.knows_arrival) as p50,
        quantile_cont(parcels.transit_days, 0.9) filter (where parcels.knows_arrival) as p90,
        count(*) filter (where parcels.is_lost_suspect) as lost_suspects,
        count(parcels.is_lost_suspect) as dated,
        count(*) filter (where orders.is_due and orders.is_on_time) as dispatched_on_time,
        count(orders.is_on_time) filter (where orders.is_due) as dispatched
    from ops.parcels as parcels
    left join ops.fulfilment_orders as orders using (channel, order_id)
    where parcels.shipped_date is not null
    group by
        strftime(parcels.shipped_date, '%Y-%m'), coalesce(parcels.carrier, ''), coalesce(parcels.service, '')
)

select
    run.shop,
    months.month,
    months.carrier,
    months.service,
    months.parcels,
    months.traceable as traceable_count,
    case when months.traceable > 0 then months.delivered end as delivered,
    cast(cast(months.on_time as decimal(38, 6)) / nullif(months.judged, 0) as decimal(9, 6)) as on_time_rate,
    cast(months.p50 as decimal(18, 2)) as transit_days_p50,
    cast(months.p90 as decimal(18, 2)) as transit_days_p90,
    case when months.dated > 0 then months.lost_suspects end as lost_suspects,
    cast(
        cast(months.dispatched_on_time as decimal(38, 6)) / nullif(months.dispatched, 0) as decimal(9, 6)
    ) as dispatch_on_time_rate,
    getvariable('rule_version') as rule_version
from months
cross join settings.run;

comment on column marts.carriers_monthly.carrier is 'As the shipments report writes it; empty where it names none';
comment on column marts.carriers_monthly.service is 'As the shipments report writes it; empty where it names none';
comment on column marts.carriers_monthly.month is 'Month of shipping on the shop''s clock, as `2026-11`';
comment on column marts.carriers_monthly.delivered is 'Of the traceable ones, those that arrived; null where no channel of theirs states arrivals';
comment on column marts.carriers_monthly.on_time_rate is 'Traceable parcels that came within the days that the shop file states ÷ those that came or are overdue; null where it states none';
comment on column marts.carriers_monthly.lost_suspects is 'Traceable parcels without an arrival for longer than the shop file allows the carrier; null where it has no entry';
