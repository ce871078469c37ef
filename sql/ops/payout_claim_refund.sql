-- Refunds after which the channel kept more of its fee than it may: the fee of the sale comes back for the part that was
-- refunded, less what the channel's terms let it keep for the work. A channel whose terms state no such fee either gives
-- nothing back or all of it: there is no row. Nor is there one where the sale is in no payout that a file reports.
-- grain:  one row per order
-- keys:   channel, currency, subject_id
-- inputs: ops.order_fees, core.order_refs, settings.fees

create or replace table ops.payout_claim_refund as
with

sales as (
    select
        channel,
        currency,
        order_ref,
        item,
        sum(price_amount) as price_amount,
        sum(charged_amount) as charged_amount,
        min(posted_date) as sold_date
    from ops.order_fees
    where has_sale and not has_refund
    group by channel, currency, order_ref, item
),

refunds as (
    select
        channel,
        currency,
        order_ref,
        item,
        max(payout_id) as payout_id,
        -sum(price_amount) as refunded_amount,
        -sum(charged_amount) as given_back_amount,
        min(posted_date) as posted_date
    from ops.order_fees
    where has_refund and not has_sale
    group by channel, currency, order_ref, item
),

-- The fee of the part that was refunded, and what of it may be kept.
kept as (
    select
        refunds.*,
        least(
            sales.charged_amount,
            cast(
                sales.charged_amount * cast(refunds.refunded_amount as decimal(18, 6)) / sales.price_amount
                as decimal(18, 2)
            )
        ) as fee_amount,
        fees.fee_rate,
        fees.cap_amount
    from refunds
    inner join sales using (channel, currency, order_ref, item)
    inner join settings.fees as fees
        on
            sales.channel = fees.channel and fees.payer = 'channel' and sales.currency = fees.currency
            and fees.fee = 'refund_administration' and refunds.posted_date >= fees.valid_from_date
            and (fees.valid_to_date is null or refunds.posted_date <= fees.valid_to_date)
    where sales.price_amount > 0 and sales.charged_amount > 0 and refunds.refunded_amount > 0
),

missing as (
    select
        *,
        fee_amount - least(cap_amount, cast(fee_amount * fee_rate as decimal(18, 2)))
        - given_back_amount as missing_amount
    from kept
)

select
    'refund_fee_kept' as kind,
    missing.channel,
    max(missing.payout_id) as payout_id,
    any_value(refs.order_id) as order_id,
    missing.order_ref as subject_id,
    cast(sum(missing.missing_amount) as decimal(18, 2)) as amount,
    missing.currency,
    min(missing.posted_date) as since_date
from missing
left join core.order_refs as refs on missing.channel = refs.channel and missing.order_ref = refs.order_ref
where missing.missing_amount > fee_tolerance_amount()
group by missing.channel, missing.currency, missing.order_ref;

comment on column ops.payout_claim_refund.amount is 'Fee that should have come back and did not';
