-- Orders that cannot be sent as they are: no number to call, no whole address, a shipping method that nobody offers.
-- They matter until the parcel has left.
-- grain:  one row per type × order
-- keys:   type, subject_kind, subject_id
-- inputs: ops.order_checks

create or replace table checks.finding_validation as
with faults as (
    unpivot (
        select
            channel,
            order_id,
            phone_fault as invalid_phone,
            address_fault as incomplete_address,
            method_fault as unknown_shipping_method,
            total_amount,
            currency
        from ops.order_checks
        where state in ('open', 'partial', 'held', 'pending')
    )
    on invalid_phone, incomplete_address, unknown_shipping_method
    into name type value evidence
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
from faults;
