-- Every file that came, and what became of its rows: read = accepted + quarantined + no data.
-- grain:  one row per landed file
-- keys:   shop, file_id
-- inputs: landing.files, landing.quarantine, landing.unreferenced, settings.exports, settings.run

create or replace table marts.landed_files as
with

set_aside as (
    select
        file_id,
        line_no
    from landing.quarantine
    union distinct
    select
        file_id,
        line_no
    from landing.unreferenced
),

counted as (
    select
        file_id,
        count(*) as rows_quarantined
    from set_aside
    group by file_id
)

select
    run.shop,
    files.file_id,
    files.report,
    files.platform as channel,
    files.name,
    files.sha256,
    files.received_at,
    files.exported_at,
    files.rows_read,
    case
        when files.status = 'accepted'
            then files.rows_read - files.rows_non_data - coalesce(counted.rows_quarantined, 0)
        else 0
    end as rows_accepted,
    case when files.status = 'accepted' then coalesce(counted.rows_quarantined, 0) else 0 end as rows_quarantined,
    files.rows_non_data,
    files.status,
    files.code,
    files.reason,
    files.reading,
    exports.completeness
from landing.files
cross join settings.run
left join counted on files.file_id = counted.file_id
left join settings.exports on files.report = exports.report;

comment on table marts.landed_files is 'Every file that came, and what became of its rows: read = accepted + quarantined + no data.';
comment on column marts.landed_files.shop is 'Shop';
comment on column marts.landed_files.file_id is 'Id of the arrival: what it holds and what it was called';
comment on column marts.landed_files.report is 'Export it is; empty where it was refused before that was known';
comment on column marts.landed_files.channel is 'Platform of the export';
comment on column marts.landed_files.name is 'Name it came with';
comment on column marts.landed_files.sha256 is 'Hash of its bytes; its copy in raw';
comment on column marts.landed_files.received_at is 'Moment it was kept, UTC';
comment on column marts.landed_files.exported_at is 'Moment its content was true, UTC';
comment on column marts.landed_files.rows_read is 'Rows below the header';
comment on column marts.landed_files.rows_accepted is 'Rows loaded';
comment on column marts.landed_files.rows_quarantined is 'Rows set aside';
comment on column marts.landed_files.rows_non_data is 'Rows that are no data, such as summaries';
comment on column marts.landed_files.status is 'accepted, rejected or duplicate';
comment on column marts.landed_files.code is 'Why it was refused, as a word';
comment on column marts.landed_files.reason is 'Why, and how to mend it';
comment on column marts.landed_files.reading is 'How it was read: encoding, delimiter, decimal sign, header line';
comment on column marts.landed_files.completeness is 'What proves that no row is missing; null: completeness unproven';
