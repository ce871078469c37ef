-- KPI of what channels show: listings whose newest export says another number than was sent, and not by sales.
-- As it is now, of each channel and of all; a listing that nothing can be compared of is in neither.
-- grain:  one row per KPI × day or week × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: marts.stock_drift, checks.periods

create or replace table checks.kpi_drift as
select
    'stock_drift_rate' as kpi,
    periods.grain,
    periods.from_date,
    periods.channel,
    count(*) filter (where stock_drift.cause in ('not_uploaded', 'edited_there', 'unknown')) as numerator,
    count(*) as denominator,
    null as figure,
    count(*) as n
from checks.periods
inner join marts.stock_drift on periods.channel = 'all' or periods.channel = stock_drift.channel
where periods.is_current and stock_drift.cause is not null
group by periods.grain, periods.from_date, periods.channel;
