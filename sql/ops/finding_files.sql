-- Files that were refused whole or do not tie with what they state, and reports that came too late.
-- A refused file is answered once a file of the same name is taken. A report that never came is a fault only where a
-- channel would sell unseen: its orders.
-- grain:  one row per refused or untied file or late report
-- keys:   type, subject_kind, subject_id
-- inputs: landing.files, marts.data_freshness

create or replace table ops.finding_files as
select
    'rejected_file' as type,
    'file' as subject_kind,
    name as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    reason as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from (
    select *
    from landing.files
    qualify row_number() over (partition by name order by exported_at desc, received_at desc, file_id desc) = 1
)
where status = 'rejected'
union all
select
    'control_total_broken' as type,
    'file' as subject_kind,
    name as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    controls as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from landing.files
where status = 'accepted' and completeness = 'broken'
qualify row_number() over (partition by name order by exported_at desc, received_at desc, file_id desc) = 1
union all
select
    'stale_report' as type,
    'report' as subject_kind,
    rtrim(report || '/' || location, '/') as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    coalesce(
        'the last file is of ' || strftime(timezone('UTC', last_file_at), '%Y-%m-%d %H:%M') || ' UTC',
        'no file ever came'
    ) || '; the limit is ' || limit_hours || ' hours' as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from marts.data_freshness
where status = 'stale' or (status = 'never' and station = 'orders');

comment on table ops.finding_files is 'Files that were refused whole or do not tie with what they state, and reports that came too late.';
comment on column ops.finding_files.type is 'Kind of exception, by config/exceptions.yaml';
comment on column ops.finding_files.subject_kind is 'What it is about';
comment on column ops.finding_files.subject_id is 'Which one: the same thing is one exception';
comment on column ops.finding_files.channel is 'Channel by the shop file''s name; null where it is of none';
comment on column ops.finding_files.order_id is 'The channel''s own order id; null where it is of no order';
comment on column ops.finding_files.evidence is 'What was seen: facts that read the same every night, no personal data';
comment on column ops.finding_files.amount_at_stake is 'Money in question; null where it is not known';
comment on column ops.finding_files.currency is 'ISO 4217';
