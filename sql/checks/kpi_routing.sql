-- KPI of routing: lines that left from where the shop's matrix says, of those whose place is stated.
-- grain:  one row per KPI × day or week × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: ops.line_routes, checks.periods

create or replace table checks.kpi_routing as
select
    'routing_compliance_rate' as kpi,
    periods.grain,
    periods.from_date,
    periods.channel,
    count(*) filter (where line_routes.is_as_routed) as numerator,
    count(*) as denominator,
    null as figure,
    count(*) as n
from checks.periods as periods
inner join ops.line_routes as line_routes
    on
        periods.channel in (line_routes.channel, 'all')
        and line_routes.shipped_date between periods.from_date and periods.to_date
where line_routes.is_as_routed is not null
group by periods.grain, periods.from_date, periods.channel;
