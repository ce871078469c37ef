-- What a person put right of a source: where, from what to what, who answers for it, and what became of it.
-- The newest file that has its rows decides: while it says what the correction expects, the correction is applied.
-- A line that was dropped is in marts.quarantined_rows with the reason `corrected`.
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
    getvariable('rule_version') as rule_version,
    newest.file_id as source_file_id
from settings.corrections
cross join settings.run
left join newest using (correction_id)
left join lines using (correction_id);

comment on column marts.corrections.column_name is 'Column that it sets, by our name; * where it drops the whole line';
comment on column marts.corrections.target is 'The file, line and cells that name its rows';
comment on column marts.corrections.action is 'drop or set';
comment on column marts.corrections.who is 'Who answers for it';
comment on column marts.corrections.status is 'applied, source_is_right (the newest file no longer says what it expects), expired, or never_matched';
comment on column marts.corrections.last_file_at is 'When the content of that file was true, UTC';
comment on column marts.corrections.source_file_id is 'The newest file that has its rows; null where none has';
