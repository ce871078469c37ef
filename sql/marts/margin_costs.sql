-- What was paid besides the goods to sell them: fees by the payouts, labels, advertising; and who bears it.
-- A cost is of the month of the order it was paid for, else of the month in which it was booked. `way` says how an item
-- came to bear it:
--   order       paid for its order: for its own SKU where the source names one, else shared over the order's lines by
--               price less discount
--   sku         of no order, but the source names the SKU
--   shared      of no order and no SKU: over all that the channel sold in the month, by the shop's policy
--               (`margin.shared_by`); advertising by what the reports say was spent on each SKU, where they say it
--   not_shared  the channel sold nothing in the month, no file has its order, or nobody says which channel it is for
-- Each amount is shared in whole cents; what rounding leaves goes to the largest remainders, so that the shares add up.
-- Where a channel's orders state no refunds or no shipping, the payouts' are here too (`refund`, `shipping`). Advertising
-- that a channel takes out of its payouts is counted there, and its own report only says for which SKUs.
-- grain:  one row per channel × month × item × currency × kind × way
-- keeps:  marts.payout_lines by channel, currency, bucket = kind;
--   sum -amount = case when kind in ('label', 'ad_spend') then 0 else amount end; money -amount;
--   leaves no_cost where cost_part(bucket, order_ref is not null) is null
--   and bucket not in ('refund', 'shipping', 'gift_wrap');
--   leaves stated_by_orders where bucket = 'refund' and exists (
--       select 1 from core.orders where orders.channel = this.channel and orders.refunded_amount is not null
--   );
--   leaves stated_by_orders_too where bucket = 'shipping' and exists (
--       select 1 from core.orders where orders.channel = this.channel and orders.shipping_amount is not null
--   )
-- needs:  orders, sibling_orders, sku_map, shipments, payouts, payout_lines, ad_spend
-- keys:   shop, channel, month, item, currency, kind, way
-- inputs: marts.payout_lines, core.orders, core.payouts, core.shipments, core.ad_spend, ops.sale_costs,
--   settings.channels, settings.rates, settings.margin, settings.run

create or replace table marts.margin_costs as
with

stated as (
    select
        channel,
        bool_or(refunded_amount is not null) as states_refunds,
        bool_or(shipping_amount is not null) as states_shipping
    from core.orders
    group by channel
),

-- Payout lines that are a cost, or that say what the channel's orders do not.
fees as (
    select
        lines.channel,
        coalesce(
            orders.business_date,
            cast(timezone(channels.business_timezone, lines.posted_at) as date),
            payouts.payout_date,
            run.business_date
        ) as day,
        lines.currency,
        lines.bucket as kind,
        lines.order_id,
        lines.sku,
        lines.match_status in ('no_orders', 'paid_not_ordered') as is_of_unknown_order,
        cast(-lines.amount * 100 as bigint) as cents
    from marts.payout_lines as lines
    cross join settings.run
    left join settings.channels on lines.channel = channels.channel
    left join core.orders on lines.channel = orders.channel and lines.order_id = orders.order_id
    left join core.payouts
        on
            lines.channel = payouts.channel and lines.payout_id = payouts.payout_id
            and lines.currency = payouts.currency
    left join stated on lines.channel = stated.channel
    where
        cost_part(lines.bucket, lines.order_ref is not null) is not null
        or (lines.bucket = 'refund' and not coalesce(stated.states_refunds, false))
        or (lines.bucket = 'shipping' and not coalesce(stated.states_shipping, false))
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
        cast(round(
            parcels.cost_amount * coalesce(to_rates.rate / from_rates.rate, 1) * 100
        ) as bigint) as cents
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
        cast(round(
            ad_spend.spend_amount * coalesce(to_rates.rate / from_rates.rate, 1) * 100
        ) as bigint) as cents,
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
    select * exclude (is_in_payouts) from ads
    where not is_in_payouts
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
        sum(cents) as cents
    from booked
    group by all
),

-- What each order's lines weigh, by item; an order whose lines weigh nothing is shared by its units.
order_items as (
    select
        channel,
        order_id,
        item,
        any_value(sku) as sku,
        cast(sum(weight_amount) * 100 as hugeint) as cents,
        cast(sum(quantity_units) as hugeint) as units
    from ops.sale_costs
    group by channel, order_id, item
),

order_weights as (
    select
        channel,
        order_id,
        item,
        sku,
        case
            when sum(cents) over whole_order > 0 then cents
            when sum(units) over whole_order > 0 then units
            else 1
        end as weight
    from order_items
    window whole_order as (partition by channel, order_id)
),

sold as (
    select distinct
        channel,
        order_id
    from order_weights
),

named as (
    select distinct
        channel,
        order_id,
        sku
    from order_weights
    where sku is not null
),

-- Each cost with the weights it is shared by, and the name of what shares it.
placed as (
    select
        costs.*,
        case
            when costs.is_of_unknown_order then 'not_shared'
            when named.sku is not null then 'own'
            when sold.order_id is not null then 'order'
            when costs.sku is not null then 'sku'
            else 'shared'
        end as basis
    from costs
    left join named
        on costs.channel = named.channel and costs.order_id = named.order_id and costs.sku = named.sku
    left join sold
        on costs.channel = sold.channel and costs.order_id = sold.order_id
),

months as (
    select
        channel,
        month,
        currency,
        item,
        any_value(sku) as sku,
        cast(sum(case when margin.shared_by = 'units' then quantity_units else weight_amount * 100 end) as hugeint)
            as weight
    from ops.sale_costs
    cross join settings.margin
    group by channel, month, currency, item
),

spent_on as (
    select
        channel,
        month_of(day) as month,
        currency,
        sku as item,
        sku,
        cast(sum(cents) as hugeint) as weight
    from ads
    where is_in_payouts and sku is not null
    group by all
),

pools as (
    select
        *,
        'other' as pool
    from months
    where weight > 0
    union all by name
    select
        *,
        'advertising' as pool
    from spent_on
    where weight > 0
    union all by name
    select
        months.*,
        'advertising' as pool
    from months
    anti join spent_on using (channel, month, currency)
    where months.weight > 0
),

candidates as (
    select
        placed.*,
        weights.item,
        weights.sku as item_sku,
        case when placed.basis = 'own' then 1 else weights.weight end as weight,
        'order' as way
    from placed
    inner join order_weights as weights
        on placed.channel = weights.channel and placed.order_id = weights.order_id
    where placed.basis = 'order' or (placed.basis = 'own' and placed.sku = weights.sku)
    union all by name
    select
        *,
        sku as item,
        sku as item_sku,
        1 as weight,
        'sku' as way
    from placed
    where basis = 'sku'
    union all by name
    select
        placed.*,
        coalesce(pools.item, 'not shared') as item,
        pools.sku as item_sku,
        coalesce(pools.weight, 1) as weight,
        case when pools.item is null then 'not_shared' else 'shared' end as way
    from placed
    left join pools
        on
            placed.basis = 'shared' and placed.channel = pools.channel and placed.month = pools.month
            and placed.currency = pools.currency
            and pools.pool = case when placed.kind = 'advertising' then 'advertising' else 'other' end
    where placed.basis in ('shared', 'not_shared')
),

-- Whole cents, then one more to the largest remainders.
cut as (
    select
        * exclude (cents),
        cast(abs(cents) as hugeint) as whole_cents,
        sign(cents) as direction,
        sum(weight) over one_cost as weights,
        abs(cents) * weight // weights as part_cents,
        abs(cents) * weight % weights as remainder
    from candidates
    window one_cost as (partition by channel, month, currency, kind, order_id, sku, is_of_unknown_order)
),

dealt as (
    select
        *,
        direction * (
            part_cents
            + case
                when row_number() over (
                    partition by channel, month, currency, kind, order_id, sku, is_of_unknown_order
                    order by remainder desc, item asc
                ) <= whole_cents - sum(part_cents) over (
                    partition by channel, month, currency, kind, order_id, sku, is_of_unknown_order
                ) then 1 else 0
            end
        ) as cents
    from cut
)

select
    run.shop,
    dealt.channel,
    dealt.month,
    dealt.item,
    max(dealt.item_sku) as sku,
    dealt.currency,
    dealt.kind,
    dealt.way,
    cast(sum(dealt.cents) * 0.01 as decimal(18, 2)) as amount,
    getvariable('rule_version') as rule_version
from dealt
cross join settings.run
group by run.shop, dealt.channel, dealt.month, dealt.item, dealt.currency, dealt.kind, dealt.way;

comment on column marts.margin_costs.item is 'The SKU that bears it; `unmapped: ` and the listing, `without a SKU`, or `not shared`';
comment on column marts.margin_costs.channel is 'Channel by the shop file''s name; `unknown` for advertising that nobody names a channel of';
comment on column marts.margin_costs.kind is 'Bucket of the payout line, `label` of a parcel, or `ad_spend` of an advertising report';
comment on column marts.margin_costs.amount is 'What it cost: positive is paid, negative came in';
