-- Payouts that do not add up or did not arrive, and lines of a kind that nobody named.
-- grain:  one row per finding
-- keys:   type, subject_kind, subject_id
-- inputs: marts.payout_reconciliation

create or replace table ops.finding_payouts as
select
    case status when 'lines_differ' then 'payout_lines_differ' else 'payout_' || status end as type,
    'payout' as subject_kind,
    channel || '/' || payout_id as subject_id,
    channel,
    cast(null as varchar) as order_id,
    'paid ' || coalesce(cast(payout_amount as varchar), 'unknown') || ', lines '
    || coalesce(cast(lines_total_amount as varchar), 'none') || ', bank '
    || coalesce(cast(bank_amount as varchar), 'none') || ' ' || currency as evidence,
    cast(payout_amount as decimal(18, 2)) as amount_at_stake,
    currency
from marts.payout_reconciliation
where status in ('lines_differ', 'bank_missing', 'bank_differs', 'file_missing')
union all
select
    'payout_unclassified' as type,
    'payout' as subject_kind,
    channel || '/' || payout_id as subject_id,
    channel,
    cast(null as varchar) as order_id,
    'unclassified ' || unclassified_amount || ' ' || currency as evidence,
    cast(unclassified_amount as decimal(18, 2)) as amount_at_stake,
    currency
from marts.payout_reconciliation
where unclassified_amount != 0;

comment on table ops.finding_payouts is 'Payouts that do not add up or did not arrive, and lines of a kind that nobody named.';
comment on column ops.finding_payouts.type is 'Kind, of config/exceptions.yaml';
comment on column ops.finding_payouts.subject_kind is 'What it is about';
comment on column ops.finding_payouts.subject_id is 'Which one';
comment on column ops.finding_payouts.channel is 'Channel, where it has one';
comment on column ops.finding_payouts.order_id is 'Order, where it is about one';
comment on column ops.finding_payouts.evidence is 'What was seen: facts, not ages';
comment on column ops.finding_payouts.amount_at_stake is 'Value at stake, in currency; null where unknown';
comment on column ops.finding_payouts.currency is 'ISO 4217';
