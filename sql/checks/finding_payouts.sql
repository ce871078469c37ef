-- Payouts and their lines that need a person.
-- A kind is an exception of its own once config/exceptions.yaml names it; until then marts.payout_exceptions shows it.
-- grain:  one row per kind × payout or line
-- keys:   type, subject_kind, subject_id
-- inputs: marts.payout_exceptions, settings.exception_types

create or replace table checks.finding_payouts as
select
    exception_types.type,
    'payout' as subject_kind,
    payout_exceptions.channel || '/' || payout_exceptions.subject_id as subject_id,
    payout_exceptions.channel,
    payout_exceptions.order_id,
    concat_ws(
        ', ', 'payout ' || payout_exceptions.payout_id, 'order ' || payout_exceptions.order_id,
        payout_exceptions.amount || ' ' || payout_exceptions.currency
    ) as evidence,
    cast(abs(payout_exceptions.amount) as decimal(18, 2)) as amount_at_stake,
    payout_exceptions.currency
from marts.payout_exceptions
inner join settings.exception_types on 'payout_' || payout_exceptions.kind = exception_types.type;
