-- Orders that wait for a person before they leave: for what speaks for a fraud, and for their size or their buyer.
-- One case an order, with each reason and its points, and with what the channel does not state.
-- grain:  one row per type × order
-- keys:   type, subject_kind, subject_id
-- inputs: ops.fraud_orders

create or replace table checks.finding_fraud as
with waiting as (
    select *
    from ops.fraud_orders
    where state in ('open', 'partial', 'held', 'pending')
)

select
    'fraud_review' as type,
    'order' as subject_kind,
    channel || '/' || order_id as subject_id,
    channel,
    order_id,
    points || ' points: ' || reasons || '. Not available: ' || unknown_fields as evidence,
    total_amount as amount_at_stake,
    currency
from waiting
where is_flagged
union all
select
    'order_of_note' as type,
    'order' as subject_kind,
    channel || '/' || order_id as subject_id,
    channel,
    order_id,
    care_reason as evidence,
    total_amount as amount_at_stake,
    currency
from waiting
where care_reason is not null;
