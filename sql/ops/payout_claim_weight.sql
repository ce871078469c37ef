-- SKUs for whose units more is charged than before: the channel has measured them into a larger size or weight tier. No
-- file states a tier, so the fee of a unit is compared with what the same SKU was mostly charged until then, once that
-- is known from enough units; a rise that most of the channel's SKUs have in the same payout is a new rate card, no tier.
-- grain:  one row per SKU and the first payout that charges more
-- keys:   channel, currency, subject_id
-- inputs: core.payout_lines

create or replace table ops.payout_claim_weight as
with

lines as (
    select
        *,
        bucket = 'fulfilment_fee' and folded(coalesce(description, '')) like 'fbaperunit%' as is_unit_fee
    from core.payout_lines
    where
        bucket in ('sale', 'fulfilment_fee') and channel_sku is not null
        and payout_id != 'pending ' || currency
),

-- The units are on the line of the goods, of some files on that of the fee too.
units as (
    select
        channel,
        channel_sku,
        currency,
        payout_id,
        order_ref,
        item_ref,
        min(posted_at) as posted_at,
        cast(min(posted_at) as date) as posted_date,
        max(quantity_units) as quantity_units,
        cast(
            -sum_where(amount, is_unit_fee) / max(quantity_units) as decimal(18, 2)
        ) as unit_fee_amount
    from lines
    group by channel, channel_sku, currency, payout_id, order_ref, item_ref
    having max(quantity_units) > 0 and sum_where(amount, is_unit_fee) < 0
),

usual as (
    select
        channel,
        channel_sku,
        currency,
        unit_fee_amount,
        count(*) as lines,
        min(posted_at) as first_at
    from units
    group by channel, channel_sku, currency, unit_fee_amount
    having count(*) >= weight_tier_lines()
    qualify row_number() over (partition by channel, channel_sku, currency order by min(posted_at), unit_fee_amount) = 1
),

higher as (
    select
        units.*,
        units.unit_fee_amount - usual.unit_fee_amount as excess_amount
    from units
    inner join usual using (channel, channel_sku, currency)
    where units.unit_fee_amount > usual.unit_fee_amount and units.posted_at > usual.first_at
),

payout_skus as (
    select
        units.channel,
        units.payout_id,
        units.currency,
        count(distinct units.channel_sku) as skus,
        count(distinct higher.channel_sku) as higher_skus
    from units
    left join higher using (channel, payout_id, currency, channel_sku)
    group by units.channel, units.payout_id, units.currency
)

select
    'weight_tier' as kind,
    higher.channel,
    min(higher.payout_id) as payout_id,
    cast(null as varchar) as order_id,
    higher.channel_sku as subject_id,
    cast(sum(higher.excess_amount * higher.quantity_units) as decimal(18, 2)) as amount,
    higher.currency,
    min(higher.posted_date) as since_date
from higher
inner join payout_skus using (channel, payout_id, currency)
where payout_skus.higher_skus * 2 <= payout_skus.skus
group by higher.channel, higher.channel_sku, higher.currency;

comment on column ops.payout_claim_weight.amount is 'Charged above the SKU''s fee of before, over all its units since';
