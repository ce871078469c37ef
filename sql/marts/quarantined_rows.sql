-- Every source line that was quarantined, with its reasons.
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
    getvariable('rule_version') as rule_version,
    quarantined_lines.file_id as source_file_id
from ops.quarantined_lines
cross join settings.run;

comment on column marts.quarantined_rows.reason is 'Every reason, by its code';
