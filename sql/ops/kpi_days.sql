-- The last day that each KPI can be judged on: the newest that was over when the reports of what happened came.
-- Of a day that was not, its last hours are not known. The whole shop waits for each channel and place whose report is
-- not too old by its limit, or by a week where it has none; those that are hold up no figure of the others.
-- grain:  one row per KPI × channel, and `all` for the whole shop, of KPIs that are made of such reports
-- keys:   kpi, channel
-- inputs: landing.files, landing.sightings, ops.report_presence, settings.channels, settings.exports,
--   settings.kpi_needs, settings.required_reports, settings.run

create or replace table ops.kpi_days as
with

came as (
    select
        files.report,
        max(greatest(files.exported_at, sightings.seen_at)) as last_at,
        any_value(coalesce(to_hours(exports.limit_hours), to_days(kpi_trailing_days()[1]))) as good_for
    from landing.files
    inner join settings.exports using (report)
    left join landing.sightings using (file_id)
    where files.status = 'accepted'
    group by files.report
),

-- Parcels are not asked of a channel whose own orders say when they left.
newest as (
    select
        required_reports.need,
        required_reports.channel,
        required_reports.location,
        max(came.last_at) as last_at,
        arg_max(came.report, (came.last_at, came.report)) as report,
        bool_or(came.last_at + came.good_for >= run.as_of) as is_fresh
    from settings.required_reports
    inner join came on required_reports.any_report = came.report
    cross join settings.run
    left join ops.report_presence using (channel)
    where
        required_reports.only_if is distinct from 'unstated_shipping'
        or not coalesce(report_presence.states_ship_day, false)
    group by required_reports.need, required_reports.channel, required_reports.location
),

places as (
    select channel from settings.channels
    union all
    select 'all' as channel
),

by_need as (
    select
        kpi_needs.kpi,
        places.channel,
        coalesce(min(newest.last_at) filter (where newest.is_fresh), max(newest.last_at)) as known_to_at,
        coalesce(
            arg_min(newest.report, (newest.last_at, newest.report)) filter (where newest.is_fresh),
            arg_max(newest.report, (newest.last_at, newest.report))
        ) as report
    from settings.kpi_needs
    inner join newest using (need)
    inner join places on places.channel = 'all' or newest.channel in (places.channel, '')
    where kpi_needs.is_blocking and kpi_needs.is_dated
    group by kpi_needs.kpi, places.channel, kpi_needs.need
)

select
    by_need.kpi,
    by_need.channel,
    cast(timezone(any_value(run.timezone), min(by_need.known_to_at)) as date) - 1 as known_to_date,
    arg_min(by_need.report, (by_need.known_to_at, by_need.report)) as report
from by_need
cross join settings.run
group by by_need.kpi, by_need.channel;

comment on column ops.kpi_days.report is 'The report that came first';
