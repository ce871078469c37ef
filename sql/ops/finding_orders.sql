-- Orders that contradict themselves or cannot be shipped as they are.
-- grain:  one row per finding
-- keys:   type, subject_kind, subject_id
-- inputs: core.orders, core.order_lines

create or replace table ops.finding_orders as
with

own as (
    select *
    from core.orders
    where is_counted
),

found as (
    select
        'shipped_before_paid' as type,
        channel,
        order_id,
        'shipped ' || shipped_at || ', paid ' || paid_at as evidence,
        total_amount as amount_at_stake,
        currency
    from own
    where shipped_at < paid_at and not is_pos
    union all
    select
        'shipped_unpaid' as type,
        channel,
        order_id,
        'shipped, payment ' || payment_state as evidence,
        total_amount as amount_at_stake,
        currency
    from own
    where state = 'shipped' and lower(payment_state) in ('voided', 'pending', 'unpaid', 'expired')
    union all
    select
        'refund_exceeds_order' as type,
        channel,
        order_id,
        'refunded ' || refunded_amount || ' of ' || total_amount || ' ' || currency as evidence,
        refunded_amount - total_amount as amount_at_stake,
        currency
    from own
    where refunded_amount > total_amount
    union all
    select
        'invalid_phone' as type,
        channel,
        order_id,
        'no phone number that could be called' as evidence,
        total_amount as amount_at_stake,
        currency
    from own
    where state = 'open' and not is_phone_valid
    union all
    select
        'incomplete_address' as type,
        channel,
        order_id,
        'street, city or postcode is missing' as evidence,
        total_amount as amount_at_stake,
        currency
    from own
    where state = 'open' and not is_address_complete
    union all
    select
        'zero_price_line' as type,
        order_lines.channel,
        order_lines.order_id,
        'line ' || min(order_lines.line_id) || ' has no price' as evidence,
        cast(null as decimal(18, 2)) as amount_at_stake,
        any_value(order_lines.currency) as currency
    from core.order_lines
    where order_lines.is_counted and not order_lines.is_cancelled and order_lines.unit_price_amount = 0
    group by order_lines.channel, order_lines.order_id
)

select
    type,
    'order' as subject_kind,
    channel || '/' || order_id as subject_id,
    channel,
    order_id,
    evidence,
    cast(amount_at_stake as decimal(18, 2)) as amount_at_stake,
    currency
from found;

comment on table ops.finding_orders is 'Orders that contradict themselves or cannot be shipped as they are.';
comment on column ops.finding_orders.type is 'Kind, of config/exceptions.yaml';
comment on column ops.finding_orders.subject_kind is 'What it is about';
comment on column ops.finding_orders.subject_id is 'Which one';
comment on column ops.finding_orders.channel is 'Channel, where it has one';
comment on column ops.finding_orders.order_id is 'Order, where it is about one';
comment on column ops.finding_orders.evidence is 'What was seen: facts, not ages';
comment on column ops.finding_orders.amount_at_stake is 'Value at stake, in currency; null where unknown';
comment on column ops.finding_orders.currency is 'ISO 4217';
