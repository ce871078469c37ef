-- KPIs of the catalog, as of now: listings that say all they must, and that agree with the other channels.
-- grain:  one row per KPI × day or week × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: marts.catalog_quality, checks.periods

create or replace table checks.kpi_catalog as
with listed as (
    select
        count(*) filter (where complete) as complete_count,
        count(*) filter (where not price_mismatch and not status_mismatch) as agreeing_count,
        count(*) as listings
    from marts.catalog_quality
    where status is distinct from 'archived'
)

select
    'listing_complete_rate' as kpi,
    periods.grain,
    periods.from_date,
    periods.channel,
    listed.complete_count as numerator,
    listed.listings as denominator,
    null as figure,
    listed.listings as n
from checks.periods as periods
cross join listed
where periods.is_current and periods.channel = 'all' and periods.grain in ('day', 'week')
union all
select
    'listing_agreement_rate' as kpi,
    periods.grain,
    periods.from_date,
    periods.channel,
    listed.agreeing_count as numerator,
    listed.listings as denominator,
    null as figure,
    listed.listings as n
from checks.periods as periods
cross join listed
where periods.is_current and periods.channel = 'all' and periods.grain in ('day', 'week');
