-- KPIs of how the house learns: days until a failed number is reviewed, and cases that come back.
-- grain:  one row per KPI × day or week × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: ledger.sop_reviews, ledger.exceptions, marts.requirements_coverage, checks.periods, settings.run

create or replace table checks.kpi_reviews as
with

reviewed as (
    select
        periods.grain,
        periods.from_date,
        periods.channel,
        quantile_cont(epoch(reviews.reviewed_at - reviews.opened_at) / epoch(to_days(1)), 0.5) as days,
        count(*) as reviews
    from checks.periods as periods
    inner join ledger.sop_reviews as reviews on reviews.review_date between periods.from_date and periods.to_date
    where
        periods.channel = 'all'
        and reviews.state = 'closed'
        and reviews.cause not like 'cadence/%'
        and reviews.cause not like 'by hand/%'
    group by periods.grain, periods.from_date, periods.channel
),

-- Each opening of a case, and when the one before it was closed.
openings as (
    select
        cast(timezone(run.timezone, exceptions.opened_at) as date) as opened_date,
        coalesce(
            exceptions.opened_at - lag(exceptions.closed_at) over (
                partition by exceptions.exception_id order by exceptions.opening
            ) <= to_days(repeat_error_days()),
            false
        ) as is_repeat
    from ledger.exceptions
    cross join settings.run
),

opened as (
    select
        periods.grain,
        periods.from_date,
        periods.channel,
        count(*) filter (where openings.is_repeat) as repeats,
        count(*) as openings
    from checks.periods as periods
    inner join openings on openings.opened_date between periods.from_date and periods.to_date
    where periods.channel = 'all'
    group by periods.grain, periods.from_date, periods.channel
),

asked as (
    select
        count(*) filter (where status <> 'never' and reason is null) as came,
        count(*) as reports
    from marts.requirements_coverage
    where is_asked
)

select
    'review_days' as kpi,
    grain,
    from_date,
    channel,
    null as numerator,
    null as denominator,
    days as figure,
    reviews as n
from reviewed
union all
select
    'repeat_error_rate' as kpi,
    grain,
    from_date,
    channel,
    repeats as numerator,
    openings as denominator,
    null as figure,
    openings as n
from opened
union all
select
    'source_coverage_rate' as kpi,
    periods.grain,
    periods.from_date,
    periods.channel,
    asked.came as numerator,
    asked.reports as denominator,
    null as figure,
    asked.reports as n
from checks.periods as periods
cross join asked
where periods.is_current and periods.channel = 'all' and periods.grain in ('day', 'week');
