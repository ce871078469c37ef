-- What each KPI goes without: the reports of its needs that never came. It has no data where none of the reports of a
-- need came that it cannot do without; where some did, it covers those.
-- grain:  one row per KPI × channel that lacks a report, and `all` for the whole shop
-- keys:   kpi, channel
-- inputs: ops.missing_reports, ops.report_presence, settings.channels, settings.kpi_needs, settings.required_reports

create or replace table ops.missing_inputs as
with

-- Each report that somebody needs, and whether it ever came.
held as (
    select distinct
        required_reports.need,
        required_reports.channel,
        missing_reports.what
    from settings.required_reports
    left join ops.report_presence using (channel)
    left join ops.missing_reports using (need, channel, location, report)
    where required_reports.only_if is null or report_presence.has_orders
),

places as (
    select channel from settings.channels
    union all
    select 'all' as channel
),

lacking as (
    select
        kpi_needs.kpi,
        places.channel,
        kpi_needs.need,
        bool_or(kpi_needs.is_blocking) and bool_and(held.what is not null) as is_missing,
        list(distinct held.what order by held.what) filter (where held.what is not null) as whats
    from settings.kpi_needs
    inner join held using (need)
    inner join places
        on places.channel = 'all' or held.channel in (places.channel, '')
    group by kpi_needs.kpi, places.channel, kpi_needs.need
),

-- Several needs may lack one report.
lacks as (
    select
        kpi,
        channel,
        what,
        bool_or(is_missing) as is_missing
    from (
        select
            kpi,
            channel,
            is_missing,
            unnest(whats) as what
        from lacking
    )
    group by kpi, channel, what
)

select
    kpi,
    channel,
    bool_or(is_missing) as is_missing,
    'no file ever came of ' || string_agg(what, ', ' order by is_missing desc, what asc) as reason
from lacks
group by kpi, channel;

comment on column ops.missing_inputs.reason is 'Which reports never came';
