-- What the shop has to bring, what for, and whether it came: the list for a first week, and for a quiet month.
-- Derived from the shop's channels, payment providers and locations, less or more what its file says of it.
-- grain:  one row per report that the shop needs
-- keys:   shop, report
-- inputs: settings.required_reports, settings.exports, settings.run, ops.missing_reports, marts.data_freshness

create or replace table marts.requirements_coverage as
with

-- A condition that does not hold is no need: shipments, where the orders themselves state them.
needed as (
    select
        required_reports.*,
        nullif(concat(required_reports.channel, required_reports.location), '') as whom
    from settings.required_reports
    left join ops.missing_reports using (need, channel, location, report)
    where required_reports.only_if is null or missing_reports.report is not null
),

required as (
    select
        report,
        any_value(station) as station,
        bool_or(is_asked) as is_asked,
        united(list(needed_by)) as needed_by,
        string_agg(distinct whom, ', ' order by whom) as needed_for,
        min(need_no) as need_no
    from needed
    group by report
),

-- Whichever of the reports that would do came last.
came as (
    select
        required_reports.report,
        max(data_freshness.last_file_at) as last_file_at,
        -- One that is in time replaces one that is late.
        bool_and(data_freshness.status = 'stale') as is_stale
    from settings.required_reports
    inner join marts.data_freshness on required_reports.any_report = data_freshness.report
    where data_freshness.last_file_at is not null
    group by required_reports.report
),

missing as (
    select
        report,
        'no file ever came of ' || string_agg(distinct what, ', ' order by what) as reason,
        string_agg(distinct whom, ', ' order by whom) as missing_for
    from (
        select
            report,
            what,
            nullif(concat(channel, location), '') as whom
        from ops.missing_reports
    ) as gone_without
    group by report
)

select
    run.shop,
    run.business_date as as_of,
    required.report,
    exports.title,
    exports.bring_from,
    required.station,
    required.needed_by,
    coalesce(required.needed_for, '') as needed_for,
    coalesce(missing.missing_for, '') as missing_for,
    cast(row_number() over (order by required.need_no, required.report) as bigint) as bring_rank,
    required.is_asked,
    came.last_file_at,
    case
        when came.last_file_at is null then 'never'
        when came.is_stale then 'stale'
        else 'ok'
    end as status,
    -- A report may have come and still lack a place or a channel.
    missing.reason
from required
cross join settings.run
left join settings.exports using (report)
left join came using (report)
left join missing using (report);

comment on column marts.requirements_coverage.report is 'Report to bring, as in config/exports; another that loads the same tables does as well';
comment on column marts.requirements_coverage.station is 'Station that uses it';
comment on column marts.requirements_coverage.status is 'ok, stale or never';
comment on column marts.requirements_coverage.reason is 'What is missing of it, for whom; null where nothing is';
