-- Who bears what was paid besides the goods to sell them (marts.selling_costs). `way` says how an item came to bear it:
--   order       paid for its order: for its own SKU where the source names one, else shared over the order's lines by
--               price less discount
--   sku         of no order, but the source names the SKU
--   shared      of no order and no SKU: over all that the channel sold in the month, by the shop's policy
--               (`margin.shared_by`); advertising by what the reports say was spent on each SKU, where they say it
--   not_shared  the channel sold nothing in the month, no file has its order, or nobody says which channel it is for
-- Each amount is shared in whole cents; what rounding leaves goes to the largest remainders, so that the shares add up.
-- grain:  one row per channel × month × item × currency × kind × way
-- keeps:  marts.selling_costs by channel, month, currency, kind; sum amount; money amount;
--   leaves in_payouts where is_in_payouts
-- needs:  orders, sibling_orders, sku_map, shipments, payouts, payout_lines, ad_spend
-- keys:   shop, channel, month, item, currency, kind, way
-- inputs: marts.selling_costs, ops.sale_costs, settings.margin, settings.run

create or replace table marts.margin_costs as
with

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

order_sums as (
    select
        channel,
        order_id,
        sum(cents) as cents,
        sum(units) as units,
        count(*) as bearers
    from order_items
    group by channel, order_id
),

order_weights as (
    select
        items.channel,
        items.order_id,
        items.item,
        items.sku,
        case when sums.cents > 0 then items.cents when sums.units > 0 then items.units else 1 end as weight,
        case when sums.cents > 0 then sums.cents when sums.units > 0 then sums.units else sums.bearers end as weights,
        sums.bearers
    from order_items as items
    inner join order_sums as sums using (channel, order_id)
),

named as (
    select
        channel,
        order_id,
        sku,
        count(*) as bearers
    from order_weights
    where sku is not null
    group by channel, order_id, sku
),

-- Each cost, the name of what shares it, and how many of an order's items do.
placed as (
    select
        costs.channel,
        costs.month,
        costs.cost_no,
        costs.currency,
        costs.kind,
        costs.order_id,
        costs.sku,
        cast(costs.amount * 100 as bigint) as cents,
        case
            when costs.is_of_unknown_order then 'not_shared'
            when named.sku is not null then 'own'
            when sold.order_id is not null then 'order'
            when costs.sku is not null then 'sku'
            else 'shared'
        end as basis,
        named.bearers as named_bearers
    from marts.selling_costs as costs
    left join named
        on costs.channel = named.channel and costs.order_id = named.order_id and costs.sku = named.sku
    left join order_sums as sold
        on costs.channel = sold.channel and costs.order_id = sold.order_id
    where not costs.is_in_payouts
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
        month,
        currency,
        sku as item,
        sku,
        cast(amount * 100 as hugeint) as weight
    from marts.selling_costs
    where is_in_payouts and sku is not null
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

pool_sums as (
    select
        pool,
        channel,
        month,
        currency,
        sum(weight) as weights,
        count(*) as bearers
    from pools
    group by pool, channel, month, currency
),

candidates as (
    select
        placed.* exclude (named_bearers),
        weights.item,
        weights.sku as item_sku,
        case when placed.basis = 'own' then 1 else weights.weight end as weight,
        case when placed.basis = 'own' then placed.named_bearers else weights.weights end as weights,
        case when placed.basis = 'own' then placed.named_bearers else weights.bearers end as bearers,
        'order' as way
    from placed
    inner join order_weights as weights
        on placed.channel = weights.channel and placed.order_id = weights.order_id
    where placed.basis = 'order' or (placed.basis = 'own' and placed.sku = weights.sku)
    union all by name
    select
        * exclude (named_bearers),
        sku as item,
        sku as item_sku,
        1 as weight,
        1 as weights,
        1 as bearers,
        'sku' as way
    from placed
    where basis = 'sku'
    union all by name
    select
        placed.* exclude (named_bearers),
        coalesce(pools.item, 'not shared') as item,
        pools.sku as item_sku,
        coalesce(pools.weight, 1) as weight,
        coalesce(sums.weights, 1) as weights,
        coalesce(sums.bearers, 1) as bearers,
        case when pools.item is null then 'not_shared' else 'shared' end as way
    from placed
    left join pools
        on
            placed.basis = 'shared' and placed.channel = pools.channel and placed.month = pools.month
            and placed.currency = pools.currency
            and pools.pool = case when placed.kind = 'advertising' then 'advertising' else 'other' end
    left join pool_sums as sums
        on
            pools.pool = sums.pool and pools.channel = sums.channel and pools.month = sums.month
            and pools.currency = sums.currency
    where placed.basis in ('shared', 'not_shared')
),

-- Whole cents, then one more to the largest remainders.
cut as (
    select
        * exclude (cents),
        cast(abs(cents) as hugeint) as whole_cents,
        sign(cents) as direction,
        abs(cents) * weight // weights as part_cents,
        abs(cents) * weight % weights as remainder
    from candidates
    where bearers > 1
),

shared_out as (
    select
        channel,
        month,
        item,
        item_sku,
        currency,
        kind,
        way,
        direction * (
            part_cents
            + case
                when row_number() over (
                    partition by channel, month, cost_no order by remainder desc, item asc
                ) <= whole_cents - sum(part_cents) over (partition by channel, month, cost_no) then 1 else 0
            end
        ) as cents
    from cut
),

dealt as (
    select
        channel,
        month,
        item,
        item_sku,
        currency,
        kind,
        way,
        cents
    from candidates
    where bearers = 1
    union all by name
    from shared_out
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
