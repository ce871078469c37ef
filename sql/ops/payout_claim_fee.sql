-- Sales for which more was charged than any rate allows that the channel publishes or has agreed on. A fee that fits
-- the rate of any category or plan is in contract: which one the goods are in, no file says. Where no rate is known for
-- the payer, the payment method and the currency nothing can be said, and there is no row. Of an order that no report
-- has, the day of its first line in the payout counts as the day of the sale.
-- grain:  one row per payout and order
-- keys:   channel, payout_id, currency, subject_id
-- inputs: ops.order_fees, ops.order_dues, core.order_refs, settings.fees

create or replace table ops.payout_claim_fee as
with

-- What is charged for each item is compared item by item, the rest order by order.
payers as (
    select
        order_fees.*,
        refs.order_id,
        coalesce(dues.payer, 'channel') as payer,
        coalesce(dues.fee_category, 'standard') as fee_category,
        coalesce(dues.business_date, order_fees.posted_date) as sold_date
    from ops.order_fees
    left join core.order_refs as refs
        on order_fees.channel = refs.channel and order_fees.order_ref = refs.order_ref
    left join ops.order_dues as dues on refs.channel = dues.channel and refs.order_id = dues.order_id
    where order_fees.has_sale
),

charges as (
    select
        channel,
        payout_id,
        currency,
        order_ref,
        grouping(item) = 0 as is_per_item,
        coalesce(item, '') as item,
        any_value(order_id) as order_id,
        any_value(payer) as payer,
        any_value(fee_category) as fee_category,
        min(sold_date) as sold_date,
        min(posted_date) as posted_date,
        sum(charged_amount) as charged_amount,
        sum(price_amount) as price_amount,
        sum(tax_amount) as tax_amount
    from payers
    group by
        grouping sets (
            (channel, payout_id, currency, order_ref, item),
            (channel, payout_id, currency, order_ref)
        )
),

sales as (
    select
        charges.channel,
        charges.payout_id,
        charges.currency,
        charges.order_ref,
        charges.order_id,
        charges.item,
        charges.fee_category,
        charges.posted_date,
        charges.charged_amount,
        charges.price_amount + if(fees.basis = 'paid', charges.tax_amount, 0) as basis_amount,
        fees.category,
        fees.fee_rate,
        fees.fixed_amount,
        fees.minimum_amount,
        fees.cap_amount
    from charges
    inner join settings.fees as fees
        on
            charges.channel = fees.channel and charges.payer = fees.payer and charges.currency = fees.currency
            and charges.is_per_item = fees.is_per_item
            and charges.sold_date >= fees.valid_from_date
            and (fees.valid_to_date is null or charges.sold_date <= fees.valid_to_date)
    where fees.bucket = 'commission' and fees.basis != 'referral_fee'
),

allowed as (
    select
        *,
        -- Both leave out what is null.
        least(
            cap_amount,
            greatest(
                minimum_amount,
                cast(basis_amount * fee_rate as decimal(18, 2)) + fixed_amount
            )
        ) as allowed_amount
    from sales
    where basis_amount > 0 and charged_amount > 0
),

items as (
    select
        channel,
        payout_id,
        currency,
        order_ref,
        any_value(order_id) as order_id,
        item,
        any_value(posted_date) as posted_date,
        any_value(charged_amount) - any_value(allowed_amount) filter (where category = fee_category) as excess_amount,
        bool_or(charged_amount <= allowed_amount + fee_tolerance_amount() and category = fee_category)
        or bool_or(abs(charged_amount - allowed_amount) <= fee_tolerance_amount()) as is_in_contract
    from allowed
    group by channel, payout_id, currency, order_ref, item
)

select
    'fee_out_of_contract' as kind,
    channel,
    payout_id,
    any_value(order_id) as order_id,
    order_ref as subject_id,
    cast(sum(excess_amount) as decimal(18, 2)) as amount,
    currency,
    min(posted_date) as since_date
from items
where not is_in_contract and excess_amount > 0
group by channel, payout_id, currency, order_ref;

comment on column ops.payout_claim_fee.amount is 'Charged above the rate of its payment method, else the standard one';
