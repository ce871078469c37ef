-- Pages that are past their review, or lack what a page must have.
-- grain:  one row per SOP
-- keys:   type, subject_kind, subject_id
-- inputs: marts.sop_register

create or replace table checks.finding_sops as
select
    'sop_overdue' as type,
    'sop' as subject_kind,
    sop as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    reason as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from marts.sop_register
where status in ('overdue', 'incomplete');

comment on table checks.finding_sops is 'Pages that are past their review, or lack what a page must have.';
comment on column checks.finding_sops.type is 'Kind of exception, by config/exceptions.yaml';
comment on column checks.finding_sops.subject_kind is 'What it is about';
comment on column checks.finding_sops.subject_id is 'Which one: the same thing is one exception';
comment on column checks.finding_sops.channel is 'Channel by the shop file''s name; null where it is of none';
comment on column checks.finding_sops.order_id is 'The channel''s own order id; null where it is of no order';
comment on column checks.finding_sops.evidence is 'What was seen: facts that read the same every night, no personal data';
comment on column checks.finding_sops.amount_at_stake is 'Money in question; null where it is not known';
comment on column checks.finding_sops.currency is 'ISO 4217';
