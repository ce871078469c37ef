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

comment on table checks.finding_payouts is 'Payouts and their lines that need a person.';
comment on column checks.finding_payouts.type is 'Kind of exception, by config/exceptions.yaml';
comment on column checks.finding_payouts.subject_kind is 'What it is about';
comment on column checks.finding_payouts.subject_id is 'Which one: the same thing is one exception';
comment on column checks.finding_payouts.channel is 'Channel by the shop file''s name; null where it is of none';
comment on column checks.finding_payouts.order_id is 'The channel''s own order id; null where it is of no order';
comment on column checks.finding_payouts.evidence is 'What was seen: facts that read the same every night, no personal data';
comment on column checks.finding_payouts.amount_at_stake is 'Money in question; null where it is not known';
comment on column checks.finding_payouts.currency is 'ISO 4217';
