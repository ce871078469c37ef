-- The reports that go out by themselves: whose, by when, and how often they were there in time. Since the first night,
-- at most over the window, today left out: it is not over. A night that failed delivered nothing.
-- grain:  one row per report of config/reports.yaml
-- keys:   shop, report
-- inputs: settings.reports, settings.people, settings.run, settings.stock, ledger.runs, ledger.frozen_weeks

create or replace table marts.report_register as
with

first_nights as (select min(business_date) as business_date from ledger.runs),

days as (
    select
        cast(unnest(generate_series(
            greatest(first_nights.business_date, run.business_date - cast(stock.window_days as integer)),
            run.business_date - 1,
            interval 1 day
        )) as date) as due_date
    from settings.run
    cross join settings.stock
    cross join first_nights
),

-- The review of the first Monday would have been of a week before the first night.
due as (
    select
        reports.report,
        reports.made_by,
        days.due_date,
        timezone(run.timezone, cast(days.due_date as timestamp) + to_hours(reports.due_hour)) as due_at
    from settings.reports
    cross join days
    cross join settings.run
    cross join first_nights
    where
        reports.cadence = 'daily'
        or (
            reports.cadence = 'weekly' and extract(isodow from days.due_date) = 1
            and days.due_date >= first_nights.business_date + 7
        )
        or (reports.cadence = 'monthly' and extract(day from days.due_date) = 1)
),

deliveries as (
    select
        'nightly' as made_by,
        business_date as due_date,
        min(ended_at) as delivered_at
    from ledger.runs
    where state = 'completed'
    group by business_date
    union all
    select
        'weekly_review' as made_by,
        cast(strptime(iso_week || '-1', '%G-W%V-%u') as date) + 7 as due_date,
        min(frozen_at) as delivered_at
    from ledger.frozen_weeks
    group by iso_week
),

counted as (
    select
        due.report,
        count(*) as due_count,
        count(*) filter (where deliveries.delivered_at <= due.due_at) as on_time_count,
        max(deliveries.delivered_at) as last_delivered_at
    from due
    left join deliveries using (made_by, due_date)
    group by due.report
)

select
    run.shop,
    run.business_date as as_of,
    reports.report,
    reports.title,
    reports.cadence,
    reports.made_by,
    reports.place,
    reports.due_hour,
    reports.role,
    people.owner,
    people.deputy,
    coalesce(counted.due_count, 0) as due_count,
    coalesce(counted.on_time_count, 0) as on_time_count,
    cast(
        cast(counted.on_time_count as decimal(38, 6)) / nullif(counted.due_count, 0) as decimal(9, 6)
    ) as on_time_rate,
    counted.last_delivered_at,
    case when counted.due_count is null then 'none was due yet' end as reason,
    getvariable('rule_version') as rule_version
from settings.reports
cross join settings.run
left join settings.people using (role)
left join counted using (report);

comment on column marts.report_register.report is 'Report that goes out, by its name in config/reports.yaml';
comment on column marts.report_register.owner is 'Whose it is; null where nobody has the role';
comment on column marts.report_register.reason is 'Why there is no rate; else null';
comment on column marts.report_register.place is 'Where it is, below the shop''s folder';
comment on column marts.report_register.on_time_rate is 'Share of those due that were there in time; null where none was due';
