-- Everything that tonight's checks found and a person must look at.
-- A type that is not registered is shown too: nothing that was found gets lost.
-- grain:  one row per type × subject
-- keys:   type, subject_kind, subject_id
-- inputs: checks.finding_*, settings.exception_types

create or replace table checks.findings as
with

found as (
    select
        type,
        subject_kind,
        subject_id,
        channel,
        order_id,
        evidence,
        amount_at_stake,
        currency
    from checks.finding_all
)

select
    found.type,
    found.subject_kind,
    found.subject_id,
    found.channel,
    found.order_id,
    found.evidence,
    found.amount_at_stake,
    found.currency,
    exception_types.station,
    exception_types.severity,
    exception_types.type is not null as is_registered
from found
left join settings.exception_types using (type);

comment on table checks.findings is 'Everything that tonight''s checks found and a person must look at.';
comment on column checks.findings.type is 'Kind of exception, by config/exceptions.yaml';
comment on column checks.findings.subject_kind is 'What it is about';
comment on column checks.findings.subject_id is 'Which one: the same thing is one exception';
comment on column checks.findings.channel is 'Channel by the shop file''s name; null where it is of none';
comment on column checks.findings.order_id is 'The channel''s own order id; null where it is of no order';
comment on column checks.findings.evidence is 'What was seen: facts that read the same every night, no personal data';
comment on column checks.findings.amount_at_stake is 'Money in question; null where it is not known';
comment on column checks.findings.currency is 'ISO 4217';
comment on column checks.findings.station is 'Station that answers; null where the type is not registered';
comment on column checks.findings.severity is 'low, medium or high';
comment on column checks.findings.is_registered is 'config/exceptions.yaml knows the type: one that it does not know stops the night';
