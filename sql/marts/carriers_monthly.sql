-- How each carrier's services did in each month of shipping: parcels, arrivals, time on the way, suspected losses.
-- Arrivals are known of parcels whose channel states them; of a service without such a parcel every figure of them is
-- null. In time is what came within the days that the shop file says the carrier promises (`carriers`).
-- grain:  one row per month × carrier × service
-- needs:  orders, sibling_orders, shipments
-- keys:   shop, month, carrier, service
-- inputs: ops.parcels, settings.run

create or replace table marts.carriers_monthly as
with

months as (
    select
        strftime(shipped_date, '%Y-%m') as month,
        coalesce(carrier, '') as carrier,
        coalesce(service, '') as service,
        count(*) as parcels,
        count(*) filter (where knows_arrival) as traceable,
        count(delivered_at) filter (where knows_arrival) as delivered,
        count(*) filter (where is_on_time) as on_time,
        count(is_on_time) as judged,
        quantile_cont(transit_days, 0.5) filter (where knows_arrival) as p50,
        quantile_cont(transit_days, 0.9) filter (where knows_arrival) as p90,
        count(*) filter (where is_lost_suspect) as lost_suspects,
        count(is_lost_suspect) as dated
    from ops.parcels
    where shipped_date is not null
    group by strftime(shipped_date, '%Y-%m'), coalesce(carrier, ''), coalesce(service, '')
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
    getvariable('rule_version') as rule_version
from months
cross join settings.run;

comment on column marts.carriers_monthly.carrier is 'As the shipments report writes it; empty where it names none';
comment on column marts.carriers_monthly.service is 'As the shipments report writes it; empty where it names none';
comment on column marts.carriers_monthly.month is 'Month of shipping on the shop''s clock, as `2026-11`';
comment on column marts.carriers_monthly.delivered is 'Of the traceable ones, those that arrived; null where no channel of theirs states arrivals';
comment on column marts.carriers_monthly.on_time_rate is 'Traceable parcels that came within the days that the shop file states ÷ those that came or are overdue; null where it states none';
comment on column marts.carriers_monthly.lost_suspects is 'Traceable parcels without an arrival for longer than the shop file allows the carrier; null where it has no entry';
