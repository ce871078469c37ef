-- KPI of the SKUs whose orders left late in the last week that is over.
-- grain:  one row per KPI × day or week × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: marts.sku_on_time_weekly, checks.periods, settings.run

create or replace table checks.kpi_late_skus as
with

judged as (
    select
        count(*) filter (where weekly.is_below) as late,
        count(*) as skus
    from marts.sku_on_time_weekly as weekly
    cross join settings.run
    where
        weekly.is_below is not null
        and weekly.week = strftime(date_trunc('week', run.business_date) - interval 1 week, '%G-W%V')
)

select
    'late_skus' as kpi,
    periods.grain,
    periods.from_date,
    periods.channel,
    judged.late as numerator,
    null as denominator,
    cast(judged.late as decimal(18, 6)) as figure,
    judged.skus as n
from checks.periods as periods
cross join judged
where periods.is_current and periods.channel = 'all';
