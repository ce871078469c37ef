-- Payouts and their lines that need a person.
-- A kind is an exception of its own once config/exceptions.yaml names it; until then marts.payout_exceptions shows it.
-- A bank that differs by cents is a case of its own, as small as it is; lines that do not add up keep a payout unposted,
-- by however little. What of a payout nobody can explain is one case for the payout once it is older than its limit.
-- grain:  one row per kind × payout or line
-- keys:   type, subject_kind, subject_id
-- inputs: marts.payout_exceptions, marts.payout_lines, settings.exception_types, settings.run

create or replace table checks.finding_payouts as
with remainders as (
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
        when payout_exceptions.kind = 'bank_differs' and abs(payout_exceptions.amount) <= payout_cents_amount()
            then 'payout_cents_differ'
        else exception_types.type
    end as type,
    'payout' as subject_kind,
    payout_exceptions.channel || '/' || payout_exceptions.subject_id as subject_id,
    payout_exceptions.channel,
    payout_exceptions.order_id,
    concat_ws(
        ', ', 'payout ' || payout_exceptions.payout_id, 'order ' || payout_exceptions.order_id,
        coalesce(payout_exceptions.amount || ' ' || payout_exceptions.currency, 'nothing states what it is worth'),
        'since ' || (payout_exceptions.as_of - cast(payout_exceptions.age_days as integer)),
        'claim by ' || payout_exceptions.claim_by_date
    ) as evidence,
    cast(abs(payout_exceptions.amount) as decimal(18, 2)) as amount_at_stake,
    payout_exceptions.currency
from marts.payout_exceptions
inner join settings.exception_types on 'payout_' || payout_exceptions.kind = exception_types.type
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
