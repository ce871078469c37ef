-- KPI of returns: of what left in a period, what came back by now.
-- grain:  one row per KPI × day or week × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: ops.shipped_goods, checks.periods

create or replace table checks.kpi_returns as
select
    'return_rate' as kpi,
    periods.grain,
    periods.from_date,
    periods.channel,
    sum(shipped_goods.returned_units) as numerator,
    sum(shipped_goods.shipped_units) as denominator,
    null as figure,
    sum(shipped_goods.shipped_units) as n
from checks.periods as periods
inner join ops.shipped_goods
    on
        shipped_goods.left_date between periods.from_date and periods.to_date
        and periods.channel in (shipped_goods.channel, 'all')
group by periods.grain, periods.from_date, periods.channel;
