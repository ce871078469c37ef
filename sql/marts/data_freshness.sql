-- How old the newest file of each report is, and whether that is too old.
-- Reports of one platform that load the same tables (…_v1, …_old, …_json) replace each other. A report that
-- never came is shown where the shop needs it; one that came and that no figure reads is not used, and has no age.
-- grain:  one row per report × location
-- keys:   shop, report, location
-- inputs: landing.files, landing.sightings, settings.exports, settings.locations, settings.run,
--   ops.missing_reports,
--   valid.orders, core.stock_takes, valid.stock_history, valid.shipments, valid.payouts, valid.payout_lines,
--   valid.bank_lines, valid.purchase_order_lines, valid.receipts

create or replace table marts.data_freshness as
with

-- The newest moment that the rows of each file state; a stock file states it of each place.
events as (
    select
        file_id,
        '' as location,
        max(coalesce(updated_at, ordered_at)) as event_at
    from valid.orders
    group by file_id
    union all
    select
        file_id,
        '' as location,
        max(shipped_at) as event_at
    from valid.shipments
    group by file_id
    union all
    select
        file_id,
        '' as location,
        max(posted_at) as event_at
    from valid.payout_lines
    group by file_id
    union all
    select
        payouts.file_id,
        '' as location,
        max(cast(payouts.payout_date as timestamptz)) as event_at
    from valid.payouts
    cross join settings.run
    where payouts.payout_date <= run.business_date  -- others are only planned
    group by payouts.file_id
    union all
    select
        file_id,
        '' as location,
        cast(max(ordered_date) as timestamptz) as event_at
    from valid.purchase_order_lines
    group by file_id
    union all
    select
        file_id,
        '' as location,
        cast(max(received_date) as timestamptz) as event_at
    from valid.receipts
    group by file_id
    union all
    select
        file_id,
        '' as location,
        cast(max(history_date) as timestamptz) as event_at
    from valid.stock_history
    group by file_id
    union all
    select
        stock_takes.file_id,
        stock_takes.location,
        max(stock_takes.taken_at) as event_at
    from core.stock_takes
    semi join settings.locations using (location)
    group by stock_takes.file_id, stock_takes.location
    union all
    select
        file_id,
        '' as location,
        cast(max(booked_date) as timestamptz) as event_at
    from valid.bank_lines
    group by file_id
),

-- The same bytes again are news: what they say still holds. Of a refused file nothing is said, however often it comes.
sighted as (
    select
        file_id,
        max(seen_at) as seen_at
    from landing.sightings
    group by file_id
),

came as (
    select
        files.report,
        any_value(exports.family) as family,
        coalesce(events.location, '') as location,
        max(coalesce(sighted.seen_at, files.exported_at)) as last_file_at,
        max(events.event_at) as newest_event_at
    from landing.files
    inner join settings.exports using (report)
    left join events using (file_id)
    left join sighted using (file_id)
    where files.status = 'accepted'
    group by files.report, coalesce(events.location, '')
),

-- A file without a row for any place is no place of its own.
places as (
    select *
    from came
    qualify location != '' or count(*) over (partition by report) = 1
),

families as (
    select
        family,
        location,
        max(last_file_at) as last_file_at
    from places
    group by family, location
),

missing as (
    select
        report,
        location,
        united(list(needed_by)) as needed_by
    from ops.missing_reports
    where is_asked
    group by report, location
),

reports as (
    select
        exports.report,
        exports.station,
        exports.platform,
        exports.title,
        exports.limit_hours,
        exports.is_used,
        places.location,
        places.last_file_at,
        places.newest_event_at,
        families.last_file_at as family_last_at,
        null as needed_by
    from settings.exports
    inner join places using (report)
    left join families on exports.family = families.family and places.location = families.location
    union all by name
    select
        exports.report,
        exports.station,
        exports.platform,
        exports.title,
        exports.limit_hours,
        true as is_used,
        missing.location,
        missing.needed_by
    from settings.exports
    inner join missing using (report)
    -- A file of it may have come that held other channels: then it is not the file that is missing.
    anti join places on missing.report = places.report and missing.location = places.location
)

select
    run.shop,
    run.business_date as as_of,
    reports.report,
    coalesce(reports.location, '') as location,
    reports.station,
    reports.platform,
    reports.title,
    reports.last_file_at,
    reports.newest_event_at,
    cast(date_diff('minute', reports.last_file_at, run.as_of) / 60.0 as decimal(18, 2)) as age_hours,
    reports.limit_hours,
    case
        when reports.last_file_at is null then 'never'
        when not reports.is_used then 'not_used'
        when date_diff('minute', reports.family_last_at, run.as_of) > reports.limit_hours * 60 then 'stale'
        else 'ok'
    end as status,
    reports.needed_by,
    getvariable('rule_version') as rule_version
from reports
cross join settings.run;

comment on column marts.data_freshness.location is 'Location, where each file holds every one; else empty';
comment on column marts.data_freshness.station is 'Station that uses it';
comment on column marts.data_freshness.age_hours is 'Hours from the newest file to the moment of the run';
comment on column marts.data_freshness.status is 'ok, stale, never (needed, and none came) or not_used (no figure reads it yet)';
