-- SOPs whose review is overdue, or whose page is incomplete.
-- grain:  one row per finding
-- keys:   type, subject_kind, subject_id
-- inputs: marts.sop_register

create or replace table ops.finding_sops as
select
    'sop_overdue' as type,
    'sop' as subject_kind,
    sop as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    status || ', last reviewed ' || last_review_date as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from marts.sop_register
where status in ('overdue', 'incomplete');

comment on table ops.finding_sops is 'SOPs whose review is overdue, or whose page is incomplete.';
comment on column ops.finding_sops.type is 'Kind, of config/exceptions.yaml';
comment on column ops.finding_sops.subject_kind is 'What it is about';
comment on column ops.finding_sops.subject_id is 'Which one';
comment on column ops.finding_sops.channel is 'Channel, where it has one';
comment on column ops.finding_sops.order_id is 'Order, where it is about one';
comment on column ops.finding_sops.evidence is 'What was seen: facts, not ages';
comment on column ops.finding_sops.amount_at_stake is 'Value at stake, in currency; null where unknown';
comment on column ops.finding_sops.currency is 'ISO 4217';
