-- KPIs of the analytics station: can the figures be trusted, are the SOPs current, are the weeks reviewed.
-- All as of now.
-- grain:  one row per KPI × day or week × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: marts.landed_files, marts.data_freshness, marts.sop_register, ledger.runs, ledger.weekly_reviews,
--   checks.periods, settings.people, settings.run, settings.stock

create or replace table checks.kpi_analytics as
with

-- Rows of the window's files, of whatever report.
quarantined as (
    select
        cast(sum(landed_files.rows_quarantined) as bigint) as quarantined,
        cast(sum(landed_files.rows_read) as bigint) as landed
    from marts.landed_files
    cross join settings.run
    cross join settings.stock
    where
        landed_files.status = 'accepted'
        and cast(timezone(run.timezone, landed_files.received_at) as date)
        >= run.business_date - cast(stock.window_days as integer)
),

-- One that no figure reads may be as old as it likes, and so may one without a limit. One that never came is not late:
-- it has a case of its own, and the figures that go without it say so.
reports as (
    select
        count(*) filter (where status = 'stale') as stale,
        count(*) as came
    from marts.data_freshness
    where status in ('ok', 'stale') and limit_hours is not null
),

-- A page whose review is due is current until its day has passed.
sops as (
    select
        count(*) filter (where was_current) as current_pages,
        count(*) as pages
    from marts.sop_register
),

roles as (
    select
        count(*) filter (where deputy <> owner) as with_deputy,
        count(*) as roles
    from settings.people
),

-- The review of a week has the week after it. Before the first whole week with nights there was nothing to review.
first_nights as (select min(business_date) as business_date from ledger.runs),

mondays as (
    select
        cast(unnest(generate_series(
            date_trunc('week', run.business_date) - to_weeks(weekly_review_weeks() + 1),
            date_trunc('week', run.business_date) - to_weeks(2),
            interval 1 week
        )) as date) as monday
    from settings.run
),

weeks as (
    select
        count(*) as weeks,
        count(weekly_reviews.iso_week) as reviewed
    from mondays
    cross join first_nights
    left join ledger.weekly_reviews on strftime(mondays.monday, '%G-W%V') = weekly_reviews.iso_week
    where mondays.monday >= first_nights.business_date
),

whole_shop as (
    select
        grain,
        from_date,
        channel
    from checks.periods
    where is_current and channel = 'all'
)

select
    'quarantine_rate' as kpi,
    whole_shop.grain,
    whole_shop.from_date,
    whole_shop.channel,
    quarantined.quarantined as numerator,
    quarantined.landed as denominator,
    null as figure,
    coalesce(quarantined.landed, 0) as n
from whole_shop
cross join quarantined
union all
select
    'stale_reports' as kpi,
    whole_shop.grain,
    whole_shop.from_date,
    whole_shop.channel,
    reports.stale as numerator,
    null as denominator,
    reports.stale as figure,
    reports.came as n
from whole_shop
cross join reports
where reports.came > 0
union all
select
    'sop_current_rate' as kpi,
    whole_shop.grain,
    whole_shop.from_date,
    whole_shop.channel,
    sops.current_pages as numerator,
    sops.pages as denominator,
    null as figure,
    sops.pages as n
from whole_shop
cross join sops
union all
select
    'deputy_rate' as kpi,
    whole_shop.grain,
    whole_shop.from_date,
    whole_shop.channel,
    roles.with_deputy as numerator,
    roles.roles as denominator,
    null as figure,
    roles.roles as n
from whole_shop
cross join roles
union all
select
    'weekly_review_rate' as kpi,
    whole_shop.grain,
    whole_shop.from_date,
    whole_shop.channel,
    weeks.reviewed as numerator,
    weeks.weeks as denominator,
    null as figure,
    weeks.weeks as n
from whole_shop
cross join weeks
where weeks.weeks > 0;
