-- Every row that is set aside tonight, with each of its reasons.
-- grain:  one row per quarantined source line and reason
-- keys:   shop, file_id, line_no, reason, column_name
-- inputs: landing.quarantine, landing.unreferenced, landing.files, settings.run

create or replace table marts.quarantined_rows as
with

set_aside as (
    select
        file_id,
        line_no,
        report,
        reason,
        column_name,
        detail,
        raw_line
    from landing.quarantine
    union all
    select
        file_id,
        line_no,
        report,
        reason,
        column_name,
        detail,
        null as raw_line
    from landing.unreferenced
)

select
    run.shop,
    set_aside.file_id,
    set_aside.line_no,
    set_aside.report,
    set_aside.reason,
    coalesce(set_aside.column_name, '') as column_name,
    min(set_aside.detail) as detail,
    min(set_aside.raw_line) as raw_line,
    min(files.received_at) as first_seen_at,
    cast(null as timestamptz) as resolved_at
from set_aside
inner join landing.files on set_aside.file_id = files.file_id
cross join settings.run
group by all;

comment on table marts.quarantined_rows is 'Every row that is set aside tonight, with each of its reasons.';
comment on column marts.quarantined_rows.shop is 'Shop';
comment on column marts.quarantined_rows.file_id is 'Landed file';
comment on column marts.quarantined_rows.line_no is 'Line of the file on which the row starts, the header is 1';
comment on column marts.quarantined_rows.report is 'Export';
comment on column marts.quarantined_rows.reason is 'What is wrong, as a word';
comment on column marts.quarantined_rows.column_name is 'Our column at fault; empty where the row is';
comment on column marts.quarantined_rows.detail is 'What is wrong, as a sentence';
comment on column marts.quarantined_rows.raw_line is 'The row without personal data; null where its partner is what is missing';
comment on column marts.quarantined_rows.first_seen_at is 'Moment its file was kept, UTC';
comment on column marts.quarantined_rows.resolved_at is 'Null: it is still set aside; a resolved row is no longer here';
