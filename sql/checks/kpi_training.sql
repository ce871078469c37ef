-- KPI of the team: who has learned the pages they answer for, as they are now.
-- grain:  one row per KPI × day or week × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: marts.training, checks.periods

create or replace table checks.kpi_training as
with learned as (
    select
        count(*) filter (where is_current) as current_count,
        count(*) as expected_count
    from marts.training
    where is_expected
)

select
    'training_rate' as kpi,
    periods.grain,
    periods.from_date,
    periods.channel,
    learned.current_count as numerator,
    learned.expected_count as denominator,
    null as figure,
    learned.expected_count as n
from checks.periods as periods
cross join learned
where periods.is_current and periods.channel = 'all' and periods.grain in ('day', 'week');
