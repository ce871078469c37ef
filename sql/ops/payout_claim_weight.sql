-- SKUs for whose units more is charged than before: the channel has measured them into a larger size or weight tier. No
-- file states a tier, so fees of single units sold at one price are compared (some rates depend on the price): a
-- SKU that always cost the same, and from a day on always more. What goes up and down is no tier, and a rise that most
-- of the channel's SKUs have at that time is a new rate card.
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
        sum_where(amount, bucket = 'sale') as price_amount,
        cast(-sum_where(amount, is_unit_fee) as decimal(18, 2)) as unit_fee_amount
    from lines
    group by channel, channel_sku, currency, payout_id, order_ref, item_ref
    having max(quantity_units) = 1 and sum_where(amount, is_unit_fee) < 0
),

-- The fee that a SKU began with, and when it was charged for the last time.
usual as (
    select
        channel,
        channel_sku,
        currency,
        price_amount,
        unit_fee_amount,
        max(posted_at) as last_at
    from units
    group by channel, channel_sku, currency, price_amount, unit_fee_amount
    having count(*) >= weight_tier_lines()
    qualify row_number() over (
        partition by channel, channel_sku, currency, price_amount order by min(posted_at), unit_fee_amount
    ) = 1
),

steady as (
    select usual.*
    from usual
    anti join units
        on
            usual.channel = units.channel and usual.channel_sku = units.channel_sku
            and usual.currency = units.currency and usual.price_amount = units.price_amount
            and usual.unit_fee_amount != units.unit_fee_amount
            and (usual.last_at >= units.posted_at or usual.unit_fee_amount > units.unit_fee_amount)
),

higher as (
    select
        units.*,
        units.unit_fee_amount - steady.unit_fee_amount as excess_amount
    from units
    inner join steady using (channel, channel_sku, currency, price_amount)
    where units.posted_at > steady.last_at
),

first_higher as (
    select
        channel,
        channel_sku,
        currency,
        min(posted_at) as since_at
    from higher
    group by channel, channel_sku, currency
),

risen as (
    select
        channel,
        channel_sku,
        currency,
        min(payout_id) as payout_id,
        min(posted_at) as since_at,
        sum(excess_amount) as amount
    from higher
    group by channel, channel_sku, currency
    -- One may be a slip of the channel's own; a tier stays.
    having count(*) > 1
),

-- How many SKUs rise at about that time, and how many are still sold at their old fee after it.
compared as (
    select
        risen.channel,
        risen.channel_sku,
        risen.currency,
        count(distinct others.channel_sku) filter (
            where abs(date_diff('day', risen.since_at, first_higher.since_at)) <= weight_tier_days()
        ) as risen_skus,
        count(distinct others.channel_sku) filter (where others.last_at > risen.since_at) as steady_skus
    from risen
    inner join steady as others using (channel, currency)
    left join first_higher
        on
            others.channel = first_higher.channel and others.channel_sku = first_higher.channel_sku
            and others.currency = first_higher.currency
    group by risen.channel, risen.channel_sku, risen.currency
)

select
    'weight_tier' as kind,
    risen.channel,
    risen.payout_id,
    cast(null as varchar) as order_id,
    risen.channel_sku as subject_id,
    cast(risen.amount as decimal(18, 2)) as amount,
    risen.currency,
    cast(risen.since_at as date) as since_date
from risen
inner join compared using (channel, channel_sku, currency)
where compared.risen_skus <= compared.steady_skus;

comment on column ops.payout_claim_weight.amount is 'Charged above the SKU''s fee of before, over all its units since';
