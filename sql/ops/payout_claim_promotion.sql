-- Promotions that a channel took from the seller, beyond what the order says the seller gives: the channel's own part of a
-- discount, which it has to fund. Compared are discounts of goods; what a line takes off shipping is left out, for
-- orders do not state it. Where the order or one of its discounts is not known there is no row.
-- grain:  one row per order
-- keys:   channel, currency, subject_id
-- inputs: core.payout_lines, core.order_refs, core.order_lines

create or replace table ops.payout_claim_promotion as
with

taken as (
    select
        lines.channel,
        refs.order_id,
        lines.currency,
        min(lines.order_ref) as order_ref,
        max(lines.payout_id) as payout_id,
        -sum(lines.amount) as amount,
        cast(min(lines.posted_at) as date) as since_date
    from core.payout_lines as lines
    inner join core.order_refs as refs on lines.channel = refs.channel and lines.order_ref = refs.order_ref
    where
        lines.bucket = 'promotion' and folded(lines.description) in ('principal', 'sellerdiscount')
        and folded(coalesce(lines.transaction_type, '')) not like 'refund%'
        -- A part of an order's payment is the order's own discount again.
        and lines.split_reason is null and lines.payout_id != 'pending ' || lines.currency
    group by lines.channel, refs.order_id, lines.currency
),

given as (
    select
        channel,
        order_id,
        sum(order_lines.discount_amount) as amount
    from core.order_lines
    semi join taken on order_lines.channel = taken.channel and order_lines.order_id = taken.order_id
    group by channel, order_id
    having count(order_lines.discount_amount) = count(*)
)

select
    'promotion_not_funded' as kind,
    channel,
    taken.payout_id,
    order_id,
    taken.order_ref as subject_id,
    cast(taken.amount - given.amount as decimal(18, 2)) as amount,
    taken.currency,
    taken.since_date
from taken
inner join given using (channel, order_id)
where taken.amount - given.amount > fee_tolerance_amount();

comment on column ops.payout_claim_promotion.amount is 'Taken from the seller beyond the discount that the order says is the seller''s';
