-- KPI of the twelve stations: how many of them are systems.
-- grain:  one row per KPI × day or week × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: marts.stations, checks.periods

create or replace table checks.kpi_stations as
with coverage as (
    select
        count(*) filter (where is_systemised) as systemised,
        count(*) as stations
    from marts.stations
)

select
    'station_coverage_rate' as kpi,
    periods.grain,
    periods.from_date,
    periods.channel,
    coverage.systemised as numerator,
    coverage.stations as denominator,
    null as figure,
    coverage.stations as n
from checks.periods as periods
cross join coverage
where periods.is_current and periods.channel = 'all' and periods.grain in ('day', 'week');
