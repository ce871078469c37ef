-- KPIs of the storefront station, as of now.
-- grain:  one row per KPI × day or week × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: marts.storefront_issues, checks.periods

create or replace table checks.kpi_storefront as
with links as (
    select
        count(*) filter (where not is_fixed and status in ('404', '410')) as broken,
        count(*) as known
    from marts.storefront_issues
)

select
    'broken_links' as kpi,
    periods.grain,
    periods.from_date,
    periods.channel,
    links.broken as numerator,
    null as denominator,
    links.broken as figure,
    links.known as n
from checks.periods as periods
cross join links
where periods.is_current and periods.channel = 'all' and periods.grain in ('day', 'week');
