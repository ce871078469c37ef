-- KPI of cycle counts: record accuracy, of all counted locations together.
-- grain:  one row per KPI × day or week × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: ops.record_accuracy, checks.periods

create or replace table checks.kpi_counts as
select
    'record_accuracy_rate' as kpi,
    periods.grain,
    periods.from_date,
    periods.channel,
    sum(record_accuracy.accurate_count) as numerator,
    sum(record_accuracy.record_count) as denominator,
    null as figure,
    sum(record_accuracy.record_count) as n
from checks.periods
cross join ops.record_accuracy
where
    periods.is_current
    and periods.channel = 'all'
    and record_accuracy.scope = 'location'
group by all;
