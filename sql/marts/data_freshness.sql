-- How old each report is that the shop lives on.
-- grain:  one row per report that came or has to come
-- keys:   shop, report, location
-- inputs: landing.files, settings.exports, settings.channels, settings.run

create or replace table marts.data_freshness as
with

newest as (
    select
        report,
        max(exported_at) as last_file_at
    from landing.files
    where status in ('accepted', 'duplicate')
    group by report
),

aged as (
    select
        run.shop,
        run.business_date as as_of,
        exports.report,
        '' as location,
        newest.last_file_at,
        newest.last_file_at as newest_event_at,
        cast(date_diff('minute', newest.last_file_at, run.as_of) / 60.0 as decimal(12, 1)) as age_hours,
        exports.limit_hours,
        exports.station,
        exports.title
    from settings.exports
    cross join settings.run
    left join newest on exports.report = newest.report
    -- A report that never came is missed only where the shop sells on its platform.
    where
        newest.report is not null
        or (exports.limit_hours is not null and exports.platform in (select platform from settings.channels))
)

select
    shop,
    as_of,
    report,
    location,
    last_file_at,
    newest_event_at,
    age_hours,
    limit_hours,
    case
        when last_file_at is null then 'never'
        when age_hours > limit_hours then 'stale'
        else 'ok'
    end as status,
    station,
    title
from aged;

comment on table marts.data_freshness is 'How old each report is that the shop lives on.';
comment on column marts.data_freshness.shop is 'Shop';
comment on column marts.data_freshness.as_of is 'Business date of the state';
comment on column marts.data_freshness.report is 'Export';
comment on column marts.data_freshness.location is 'Empty: a report is one for all its places';
comment on column marts.data_freshness.last_file_at is 'Moment its newest accepted file was true, UTC; null where none came';
comment on column marts.data_freshness.newest_event_at is 'The same: the newest moment that the report can know of, UTC';
comment on column marts.data_freshness.age_hours is 'Hours from then to the night';
comment on column marts.data_freshness.limit_hours is 'Older than this, its owner hears of it; null without a limit';
comment on column marts.data_freshness.status is 'ok, stale, or never: it has a limit and none came';
comment on column marts.data_freshness.station is 'Station that needs it';
comment on column marts.data_freshness.title is 'What the report is called';
