-- Corrections that are not applied any more, or never were: somebody has to take them out or write them again.
-- The evidence names no file that came by itself: each new export would say the same.
-- grain:  one row per correction
-- keys:   type, subject_kind, subject_id
-- inputs: marts.corrections

create or replace table checks.finding_corrections as
with

corrections as (
    select
        correction_id,
        any_value(status) as status,
        any_value(report) as report,
        any_value(target) as target,
        any_value(expects) as expects,
        any_value(who) as who,
        any_value(until_date) as until_date
    from marts.corrections
    group by correction_id
)

select
    case status
        when 'source_is_right' then 'correction_fulfilled'
        when 'expired' then 'correction_expired'
        else 'correction_never_matched'
    end as type,
    'correction' as subject_kind,
    correction_id as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    concat(
        report, ', ', target, ': ',
        case status
            when 'source_is_right' then 'the newest file that has it no longer says ' || expects
            when 'expired' then 'it ended on ' || until_date || ' and is not applied any more'
            else 'no file has such a row'
        end,
        '; written by ', who
    ) as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from corrections
where status != 'applied';
