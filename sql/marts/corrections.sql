-- What a person put right of a source: where, from what to what, who answers for it, and what became of it.
-- The newest file that has its rows decides: while it says what the correction expects, the correction is applied.
-- A line that was dropped stands in marts.quarantined_rows with the reason `corrected`.
-- grain:  one row per correction and column that it sets; one for a line that it drops
-- keys:   shop, correction_id, column_name
-- inputs: settings.corrections, landing.corrections, landing.files, settings.run

create or replace table marts.corrections as
with

seen as (
    select
        corrections.correction_id,
        files.file_id,
        files.name,
        files.exported_at,
        files.received_at,
        bool_or(corrections.is_applied) as is_applied,
        count(distinct corrections.line_no) filter (corrections.is_applied) as lines
    from landing.corrections
    inner join landing.files using (file_id)
    where files.status = 'accepted'
    group by corrections.correction_id, files.file_id, files.name, files.exported_at, files.received_at
),

newest as (
    select *
    from seen
    qualify
        row_number() over (partition by correction_id order by exported_at desc, received_at desc, file_id desc) = 1
),

lines as (
    select
        correction_id,
        cast(sum(lines) as bigint) as rows_corrected,
        count(*) filter (is_applied) as file_count
    from seen
    group by correction_id
)

select
    run.shop,
    corrections.correction_id,
    corrections.column_name,
    corrections.report,
    corrections.target,
    corrections.action,
    corrections.old_value,
    corrections.new_value,
    corrections.expects,
    corrections.who,
    corrections.made_date,
    corrections.why,
    corrections.until_date,
    case
        when corrections.until_date < run.business_date then 'expired'
        when newest.correction_id is null then 'never_matched'
        when newest.is_applied then 'applied'
        else 'source_is_right'
    end as status,
    coalesce(lines.rows_corrected, 0) as rows_corrected,
    coalesce(lines.file_count, 0) as file_count,
    newest.name as last_file_name,
    newest.exported_at as last_file_at,
    '1' as rule_version,
    newest.file_id as source_file_id
from settings.corrections
cross join settings.run
left join newest using (correction_id)
left join lines using (correction_id);

comment on table marts.corrections is 'What a person put right of a source, and what became of it.';
comment on column marts.corrections.shop is 'Shop';
comment on column marts.corrections.correction_id is 'Its id in config/corrections';
comment on column marts.corrections.column_name is 'Column that it sets, by our name; * where it drops the whole line';
comment on column marts.corrections.report is 'Report, as in config/exports';
comment on column marts.corrections.target is 'The file, line and cells that tell its rows';
comment on column marts.corrections.action is 'drop or set';
comment on column marts.corrections.old_value is 'What the source wrongly says, no personal data; null where blank or dropped';
comment on column marts.corrections.new_value is 'What is used instead, no personal data; null where blank or dropped';
comment on column marts.corrections.expects is 'All that a row must say for the correction to be applied';
comment on column marts.corrections.who is 'Who answers for it';
comment on column marts.corrections.made_date is 'Day it was written';
comment on column marts.corrections.why is 'Reason';
comment on column marts.corrections.until_date is 'Its last day';
comment on column marts.corrections.status is 'applied, source_is_right (the newest file no longer says what it expects), expired, or never_matched';
comment on column marts.corrections.rows_corrected is 'Lines it was applied to, over all files; 0 once it is expired';
comment on column marts.corrections.file_count is 'Files it was applied to';
comment on column marts.corrections.last_file_name is 'The newest file that has its rows; null where none has';
comment on column marts.corrections.last_file_at is 'When what that file tells was true, UTC';
comment on column marts.corrections.rule_version is 'Version of the rule that computed it';
comment on column marts.corrections.source_file_id is 'The newest file that has its rows; null where none has';
