-- The lines of each payout by bucket.
-- grain:  one row per payout (and currency, should its lines be in a second one)
-- keys:   channel, payout_id, currency
-- inputs: core.payout_lines

create or replace table ops.payout_buckets as
with

sums as (
    select
        channel,
        payout_id,
        currency,
        bucket,
        sum(amount) as amount
    from core.payout_lines
    group by channel, payout_id, currency, bucket
),

counts as (
    select
        channel,
        payout_id,
        currency,
        cast(count(distinct line_no) as bigint) as lines
    from core.payout_lines
    group by channel, payout_id, currency
)

select
    channel,
    payout_id,
    currency,
    any_value(counts.lines) as lines,
    sum_where(amount, true) as lines_total_amount,
    sum_where(amount, bucket = 'sale') as sale_amount,
    sum_where(amount, bucket = 'refund') as refund_amount,
    sum_where(amount, bucket = 'shipping') as shipping_amount,
    sum_where(amount, bucket = 'gift_wrap') as gift_wrap_amount,
    sum_where(amount, bucket = 'tax_collected') as tax_collected_amount,
    sum_where(amount, bucket = 'tax_withheld') as tax_withheld_amount,
    sum_where(amount, bucket = 'promotion') as promotion_amount,
    sum_where(amount, bucket = 'commission') as commission_amount,
    sum_where(amount, bucket = 'fulfilment_fee') as fulfilment_fee_amount,
    sum_where(amount, bucket = 'storage') as storage_amount,
    sum_where(amount, bucket = 'advertising') as advertising_amount,
    sum_where(amount, bucket = 'subscription') as subscription_amount,
    sum_where(amount, bucket = 'other_fee') as other_fee_amount,
    sum_where(amount, bucket = 'chargeback') as chargeback_amount,
    sum_where(amount, bucket = 'reimbursement') as reimbursement_amount,
    sum_where(amount, bucket = 'reserve_held') as reserve_held_amount,
    sum_where(amount, bucket = 'reserve_released') as reserve_released_amount,
    sum_where(amount, bucket = 'carried_over') as carried_over_amount,
    sum_where(amount, bucket = 'transfer') as transfer_amount,
    sum_where(amount, bucket = 'adjustment') as adjustment_amount,
    sum_where(amount, bucket = 'unclassified') as unclassified_amount
from sums
inner join counts using (channel, payout_id, currency)
group by channel, payout_id, currency;

comment on column ops.payout_buckets.shipping_amount is 'Shipping paid by buyers; signed, null where no file states it';
