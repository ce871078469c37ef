-- Everything that tonight's checks found and a person must look at.
-- A type that is not registered is shown too: nothing that was found gets lost.
-- grain:  one row per type × subject
-- keys:   type, subject_kind, subject_id
-- inputs: ops.finding_catalog, ops.finding_conservation, ops.finding_corrections, ops.finding_files,
--   ops.finding_order_lines, ops.finding_orders, ops.finding_parcels, ops.finding_payouts, ops.finding_purchases, ops.finding_quarantine, ops.finding_sops, ops.finding_stock, settings.exception_types

create or replace table ops.findings as
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
    from ops.finding_catalog
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
    from ops.finding_conservation
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
    from ops.finding_corrections
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
    from ops.finding_order_lines
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
    from ops.finding_parcels
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
    from ops.finding_purchases
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
    from ops.finding_quarantine
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
    from ops.finding_sops
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

comment on table ops.findings is 'Everything that tonight''s checks found and a person must look at.';
comment on column ops.findings.type is 'Kind of exception, by config/exceptions.yaml';
comment on column ops.findings.subject_kind is 'What it is about';
comment on column ops.findings.subject_id is 'Which one: the same thing is one exception';
comment on column ops.findings.channel is 'Channel by the shop file''s name; null where it is of none';
comment on column ops.findings.order_id is 'The channel''s own order id; null where it is of no order';
comment on column ops.findings.evidence is 'What was seen: facts that read the same every night, no personal data';
comment on column ops.findings.amount_at_stake is 'Money in question; null where it is not known';
comment on column ops.findings.currency is 'ISO 4217';
comment on column ops.findings.station is 'Station that answers; null where the type is not registered';
comment on column ops.findings.severity is 'low, medium or high';
comment on column ops.findings.is_registered is 'config/exceptions.yaml knows the type: one that it does not know stops the night';
