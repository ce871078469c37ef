-- Orders that cannot be sent as they are: no number to call, no whole address, a shipping method that nobody offers.
-- They matter until the parcel has left.
-- grain:  one row per type × order
-- keys:   type, subject_kind, subject_id
-- inputs: ops.order_checks

create or replace table checks.finding_validation as
with

waiting as (
    select *
    from ops.order_checks
    where state in ('open', 'partial', 'held', 'pending')
),

faults as (
    select
        'invalid_phone' as type,
        phone_fault as evidence,
        *
    from waiting
    union all
    select
        'incomplete_address' as type,
        address_fault as evidence,
        *
    from waiting
    union all
    select
        'unknown_shipping_method' as type,
        method_fault as evidence,
        *
    from waiting
)

select
    type,
    'order' as subject_kind,
    channel || '/' || order_id as subject_id,
    channel,
    order_id,
    evidence,
    total_amount as amount_at_stake,
    currency
from faults
where evidence is not null;
