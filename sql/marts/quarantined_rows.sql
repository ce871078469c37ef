-- Every source line that was set aside, with its reasons.
-- grain:  one row per quarantined source line
-- keys:   shop, file_id, line_no
-- inputs: ops.quarantined_lines, settings.run

create or replace table marts.quarantined_rows as
select
    run.shop,
    quarantined_lines.file_id,
    quarantined_lines.line_no,
    quarantined_lines.report,
    quarantined_lines.file_name,
    quarantined_lines.reason,
    quarantined_lines.column_name,
    quarantined_lines.detail,
    quarantined_lines.raw_line,
    quarantined_lines.is_waiting,
    quarantined_lines.channel,
    quarantined_lines.order_id,
    quarantined_lines.first_seen_at,
    quarantined_lines.resolved_at,
    '1' as rule_version,
    quarantined_lines.file_id as source_file_id
from ops.quarantined_lines
cross join settings.run;

comment on table marts.quarantined_rows is 'Every source line that was set aside, with its reasons.';
comment on column marts.quarantined_rows.shop is 'Shop';
comment on column marts.quarantined_rows.file_id is 'Landed file';
comment on column marts.quarantined_rows.line_no is 'Line of that file, the header is 1';
comment on column marts.quarantined_rows.report is 'Report, as in config/exports';
comment on column marts.quarantined_rows.file_name is 'Name of the file';
comment on column marts.quarantined_rows.reason is 'Every reason, by its code';
comment on column marts.quarantined_rows.column_name is 'Columns at fault; null where the whole line is';
comment on column marts.quarantined_rows.detail is 'What was found';
comment on column marts.quarantined_rows.raw_line is 'The line without personal data';
comment on column marts.quarantined_rows.is_waiting is 'Nothing is wrong in it: it waits for its partner and comes back by itself';
comment on column marts.quarantined_rows.channel is 'Channel of its order; null where it cannot be known';
comment on column marts.quarantined_rows.order_id is 'Order of the line; null where it is of none or cannot be known';
comment on column marts.quarantined_rows.first_seen_at is 'Moment its file landed, UTC';
comment on column marts.quarantined_rows.resolved_at is 'Moment a later file that tells its order again landed, UTC; null while it is open';
comment on column marts.quarantined_rows.rule_version is 'Version of the rule that computed it';
comment on column marts.quarantined_rows.source_file_id is 'Landed file';
