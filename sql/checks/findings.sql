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

comment on column checks.findings.station is 'Station it belongs to; null where the type is not registered';
