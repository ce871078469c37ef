-- Files that were refused whole or do not tie with what they state, and reports that came too late. A refused or untied
-- file is answered once a file of the same name is taken and ties, an ignored one once it is taken or gone. A report
-- that never came is one case, whoever goes without.
-- grain:  one row per refused, ignored or untied file, or late or missing report
-- keys:   type, subject_kind, subject_id
-- inputs: landing.files, landing.left_alone, settings.exports, ops.missing_reports, marts.data_freshness

create or replace table checks.finding_files as
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
from (
    select *
    from landing.files
    where status = 'accepted'
    qualify row_number() over (partition by name order by exported_at desc, received_at desc, file_id desc) = 1
)
where completeness = 'broken'
union all
select
    'stale_report' as type,
    'report' as subject_kind,
    rtrim(report || '/' || location, '/') as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    'the last file is of ' || strftime(timezone('UTC', last_file_at), '%Y-%m-%d %H:%M') || ' UTC; the limit is '
    || limit_hours || ' hours' as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from marts.data_freshness
where status = 'stale'
union all
select
    'missing_report' as type,
    'report' as subject_kind,
    report as subject_id,
    case when count(distinct channel) = 1 then nullif(any_value(channel), '') end as channel,
    cast(null as varchar) as order_id,
    concat(
        'no file ever came of ',
        string_agg(distinct what, ', ' order by what),
        '; without it there is no data, or less, in ',
        united(list(needed_by)),
        '; to be found in ' || any_value(exports.bring_from)
    ) as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from ops.missing_reports
left join settings.exports using (report)
where is_asked
group by report
union all
select
    'ignored_file' as type,
    'file' as subject_kind,
    name as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    any_value(reason order by address) as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from landing.left_alone
where not contains(reason, 'it is read next time')  -- still being written: nothing for a person to do
group by name;
