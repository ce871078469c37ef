-- Payouts and their lines that need a person.
-- A kind is an exception of its own once config/exceptions.yaml names it; until then marts.payout_exceptions shows it.
-- A bank that differs by cents is a case of its own, as small as it is; lines that do not add up keep a payout unposted,
-- by however little. What of a payout nobody can explain is one case for the payout once it is older than its limit.
-- Payouts of a channel of which no line ever came lack one report, and are one case.
-- grain:  one row per kind × payout or line
-- keys:   type, subject_kind, subject_id
-- inputs: marts.payout_exceptions, marts.payout_lines, settings.exception_types, settings.run

create or replace table checks.finding_payouts as
with known as (
    select distinct channel
    from marts.payout_lines
),

faults as (
    select
        payout_exceptions.*,
        payout_exceptions.kind = 'file_missing' and known.channel is null as is_unreported
    from marts.payout_exceptions
    left join known using (channel)
),

remainders as (
    select
        payout_lines.channel,
        payout_lines.payout_id,
        payout_lines.currency,
        sum(payout_lines.amount) as amount,
        count(distinct payout_lines.line_no) as lines,
        max(date_diff('day', cast(payout_lines.posted_at as date), run.business_date)) as age_days
    from marts.payout_lines
    cross join settings.run
    where payout_lines.bucket = 'unclassified' or payout_lines.match_status = 'paid_not_ordered'
    group by payout_lines.channel, payout_lines.payout_id, payout_lines.currency
)

select
    case
        when faults.kind = 'bank_differs' and abs(faults.amount) <= payout_cents_amount()
            then 'payout_cents_differ'
        else exception_types.type
    end as type,
    'payout' as subject_kind,
    faults.channel || '/' || faults.subject_id as subject_id,
    faults.channel,
    faults.order_id,
    concat_ws(
        ', ', 'payout ' || faults.payout_id, 'order ' || faults.order_id,
        coalesce(faults.amount || ' ' || faults.currency, 'nothing states what it is worth'),
        'since ' || (faults.as_of - cast(faults.age_days as integer)),
        'claim by ' || faults.claim_by_date
    ) as evidence,
    cast(abs(faults.amount) as decimal(18, 2)) as amount_at_stake,
    faults.currency
from faults
inner join settings.exception_types on 'payout_' || faults.kind = exception_types.type
where not faults.is_unreported
union all
select
    'payout_file_missing' as type,
    'payout' as subject_kind,
    channel || '/' || currency || ' of every day' as subject_id,
    channel,
    cast(null as varchar) as order_id,
    concat_ws(
        ', ', counted(count(*), 'payout'), sum(amount) || ' ' || currency,
        'since ' || min(as_of - cast(age_days as integer)), 'and no file ever said what they are for'
    ) as evidence,
    cast(abs(sum(amount)) as decimal(18, 2)) as amount_at_stake,
    currency
from faults
where is_unreported
group by channel, currency
union all
select
    'payout_remainder_old' as type,
    'payout' as subject_kind,
    channel || '/' || concat_ws(' ', payout_id, currency, 'remainder') as subject_id,
    channel,
    cast(null as varchar) as order_id,
    'payout ' || payout_id || ', ' || counted(lines, 'line') || ' without an order or a kind, '
    || amount || ' ' || currency || ', the oldest for ' || age_days || ' days' as evidence,
    cast(abs(amount) as decimal(18, 2)) as amount_at_stake,
    currency
from remainders
where age_days > payout_age_days()[1];
