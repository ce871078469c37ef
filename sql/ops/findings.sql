-- Everything that needs a person tonight; a topic's file tells its own.
-- grain:  one row per finding
-- keys:   type, subject_kind, subject_id
-- inputs: ops.finding_orders, ops.finding_stock, ops.finding_files, ops.finding_purchasing, ops.finding_payouts, ops.finding_sops

create or replace table ops.findings as
select
    type,
    subject_kind,
    subject_id,
    channel,
    order_id,
    evidence,
    amount_at_stake,
    currency
from ops.finding_orders
union all
select
    type,
    subject_kind,
    subject_id,
    channel,
    order_id,
    evidence,
    amount_at_stake,
    currency
from ops.finding_stock
union all
select
    type,
    subject_kind,
    subject_id,
    channel,
    order_id,
    evidence,
    amount_at_stake,
    currency
from ops.finding_files
union all
select
    type,
    subject_kind,
    subject_id,
    channel,
    order_id,
    evidence,
    amount_at_stake,
    currency
from ops.finding_purchasing
union all
select
    type,
    subject_kind,
    subject_id,
    channel,
    order_id,
    evidence,
    amount_at_stake,
    currency
from ops.finding_payouts
union all
select
    type,
    subject_kind,
    subject_id,
    channel,
    order_id,
    evidence,
    amount_at_stake,
    currency
from ops.finding_sops;

comment on table ops.findings is 'Everything that needs a person tonight; a topic''s file tells its own.';
comment on column ops.findings.type is 'Kind, of config/exceptions.yaml';
comment on column ops.findings.subject_kind is 'What it is about';
comment on column ops.findings.subject_id is 'Which one';
comment on column ops.findings.channel is 'Channel, where it has one';
comment on column ops.findings.order_id is 'Order, where it is about one';
comment on column ops.findings.evidence is 'What was seen: facts, not ages';
comment on column ops.findings.amount_at_stake is 'Value at stake, in currency; null where unknown';
comment on column ops.findings.currency is 'ISO 4217';
