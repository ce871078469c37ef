-- What was paid besides the goods to sell them: fees by the payouts, labels, advertising; and what of it is for which
-- order or SKU. A cost is of the month of the order it was paid for, else of the month in which it was booked. Where a
-- channel's orders state no refunds or no shipping, the payouts' are here too (`refund`, `shipping`). Advertising that a
-- channel takes out of its payouts is counted there: its own report only says for which SKUs (`is_in_payouts`).
-- grain:  one row per channel × month × currency × kind × order × SKU that a cost is for
-- keeps:  marts.payout_lines by channel, currency, bucket = kind;
--   sum -amount = case when kind in ('label', 'ad_spend') then 0 else amount end; money -amount;
--   leaves no_cost where cost_part(bucket, order_ref is not null) is null
--   and bucket not in ('refund', 'shipping', 'gift_wrap');
--   leaves stated_by_orders where bucket = 'refund' and exists (
--       select 1 from core.stated_totals as stated where stated.channel = this.channel and stated.states_refunds
--   );
--   leaves stated_by_orders_too where bucket = 'shipping' and exists (
--       select 1 from core.stated_totals as stated where stated.channel = this.channel and stated.states_shipping_charge
--   )
-- needs:  orders, sibling_orders, sku_map, shipments, payouts, payout_lines, ad_spend
-- keys:   shop, channel, month, cost_no
-- inputs: marts.payout_lines, core.orders, core.stated_totals, core.payouts, core.shipments, core.ad_spend,
--   settings.channels, settings.rates, settings.run

create or replace table marts.selling_costs as
with

-- Payout lines that are a cost, or that say what the channel's orders do not.
fees as (
    select
        lines.channel,
        coalesce(
            orders.business_date,
            posted_day(lines.posted_at, channels.timezone, channels.business_timezone),
            payouts.payout_date,
            run.business_date
        ) as day,
        lines.currency,
        lines.bucket as kind,
        lines.order_id,
        lines.sku,
        lines.match_status in ('no_orders', 'paid_not_ordered') as is_of_unknown_order,
        -lines.amount as amount,
        false as is_in_payouts
    from marts.payout_lines as lines
    cross join settings.run
    left join settings.channels on lines.channel = channels.channel
    left join core.orders on lines.channel = orders.channel and lines.order_id = orders.order_id
    left join core.payouts
        on
            lines.channel = payouts.channel and lines.payout_id = payouts.payout_id
            and lines.currency = payouts.currency
    left join core.stated_totals as stated on lines.channel = stated.channel
    where
        cost_part(lines.bucket, lines.order_ref is not null) is not null
        or (lines.bucket = 'refund' and not coalesce(stated.states_refunds, false))
        or (lines.bucket = 'shipping' and not coalesce(stated.states_shipping_charge, false))
        or lines.bucket = 'gift_wrap'
),

-- An export with a row per item repeats the parcel's cost on each of them.
parcels as (
    select
        channel,
        order_name,
        tracking_id,
        min(order_id) as order_id,
        min(shipped_at) as shipped_at,
        min(currency) as currency,
        case when count(distinct cost_amount) = 1 then max(cost_amount) else sum(cost_amount) end as cost_amount
    from core.shipments
    where cost_amount is not null
    group by channel, order_name, tracking_id
),

-- In the currency of the order it is for, at the shop's own rates; without one it stays in its own.
labels as (
    select
        parcels.channel,
        coalesce(orders.business_date, cast(timezone(run.timezone, parcels.shipped_at) as date)) as day,
        case
            when
                from_rates.rate is not null and to_rates.rate is not null
                then coalesce(orders.currency, channels.currency)
            else parcels.currency
        end
            as currency,
        'label' as kind,
        orders.order_id,
        cast(null as varchar) as sku,
        orders.order_id is null as is_of_unknown_order,
        cast(round(parcels.cost_amount * coalesce(to_rates.rate / from_rates.rate, 1), 2) as decimal(18, 2)) as amount,
        false as is_in_payouts
    from parcels
    cross join settings.run
    left join core.orders on parcels.channel = orders.channel and parcels.order_id = orders.order_id
    left join settings.channels on parcels.channel = channels.channel
    left join settings.rates as from_rates on parcels.currency = from_rates.currency
    left join settings.rates as to_rates on coalesce(orders.currency, channels.currency) = to_rates.currency
),

takes_ads as (
    select distinct channel
    from marts.payout_lines
    where bucket = 'advertising'
),

ads as (
    select
        ad_spend.channel,
        ad_spend.spend_date as day,
        case
            when from_rates.rate is not null and to_rates.rate is not null then channels.currency else ad_spend.currency
        end
            as currency,
        'ad_spend' as kind,
        cast(null as varchar) as order_id,
        ad_spend.sku,
        channels.channel is null as is_of_unknown_order,
        cast(
            round(ad_spend.spend_amount * coalesce(to_rates.rate / from_rates.rate, 1), 2) as decimal(18, 2)
        ) as amount,
        takes_ads.channel is not null and channels.platform = ad_spend.platform as is_in_payouts
    from core.ad_spend
    left join settings.channels on ad_spend.channel = channels.channel
    left join takes_ads on ad_spend.channel = takes_ads.channel
    left join settings.rates as from_rates on ad_spend.currency = from_rates.currency
    left join settings.rates as to_rates on channels.currency = to_rates.currency
),

booked as (
    select * from fees
    union all by name
    select * from labels
    union all by name
    select * from ads
),

costs as (
    select
        channel,
        month_of(day) as month,
        currency,
        kind,
        order_id,
        sku,
        is_of_unknown_order,
        is_in_payouts,
        cast(sum(amount) as decimal(18, 2)) as amount
    from booked
    group by all
)

select
    run.shop,
    costs.channel,
    costs.month,
    row_number() over (
        partition by costs.channel, costs.month
        order by
            costs.currency, costs.kind, costs.order_id, costs.sku, costs.is_of_unknown_order, costs.is_in_payouts
    ) as cost_no,
    costs.currency,
    costs.kind,
    costs.order_id,
    costs.sku,
    costs.is_of_unknown_order,
    costs.is_in_payouts,
    costs.amount,
    getvariable('rule_version') as rule_version
from costs
cross join settings.run;

comment on column marts.selling_costs.channel is 'Channel by the shop file''s name; `unknown` for advertising that nobody names a channel of';
comment on column marts.selling_costs.kind is 'Bucket of the payout line, `label` of a parcel, or `ad_spend` of an advertising report';
comment on column marts.selling_costs.amount is 'What it cost: positive is paid, negative came in';
