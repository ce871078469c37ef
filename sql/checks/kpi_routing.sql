-- KPI of routing: lines that left from where the shop's matrix says, of those whose place is stated.
-- grain:  one row per KPI × day or week × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: ops.line_routes, checks.periods

create or replace table checks.kpi_routing as
with daily as (
    select
        channel,
        shipped_date,
        count(*) filter (where is_as_routed) as as_routed,
        count(*) as lines
    from ops.line_routes
    where is_as_routed is not null
    group by channel, shipped_date
)

select
    'routing_compliance_rate' as kpi,
    periods.grain,
    periods.from_date,
    periods.channel,
    sum(daily.as_routed) as numerator,
    sum(daily.lines) as denominator,
    null as figure,
    sum(daily.lines) as n
from checks.periods as periods
inner join daily
    on
        periods.channel in (daily.channel, 'all')
        and daily.shipped_date between periods.from_date and periods.to_date
group by periods.grain, periods.from_date, periods.channel;
