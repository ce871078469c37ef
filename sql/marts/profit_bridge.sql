-- The way from gross sales to contribution, step by step: where the money of a channel's month went.
-- The amounts of the steps add up: gross sales to net, and net to contribution. What is left of items whose margin is not
-- known (marts.sku_margin says why) is taken out in one step, `not_known`, so that contribution is that of the others.
-- Coverage: an item whose net is not known weighs what buyers paid, tax and all.
-- grain:  one row per month × channel × currency × step
-- keeps:  marts.sku_margin by month, channel, currency;
--   sum margin_amount = case step when 'contribution' then amount else 0 end; money margin_amount
-- needs:  orders, sibling_orders, sku_map, bundles, shipments, payouts, payout_lines, unit_costs, purchase_orders,
--   receipts, supplier_items, all listings, ad_spend, returns
-- keys:   shop, month, channel, currency, step_no
-- inputs: marts.sku_margin

create or replace table marts.profit_bridge as
with

items as (
    select
        *,
        coalesce(net_amount, gross_amount - discount_amount) as weight_amount,
        coalesce(
            revenue_amount,
            gross_amount - discount_amount + coalesce(shipping_income_amount, 0) - coalesce(refunds_amount, 0)
        ) as full_revenue_amount
    from marts.sku_margin
),

months as (
    select
        shop,
        month,
        channel,
        currency,
        max(status) as status,
        coalesce(sum(gross_amount), 0) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(shipping_income_amount) as shipping_income_amount,
        sum(refunds_amount) as refunds_amount,
        case when count(included_tax_amount) = count(*) then sum(included_tax_amount - refunded_tax_amount) end
            as tax_amount,
        case when count(revenue_amount) = count(*) then sum(revenue_amount) end as revenue_amount,
        sum(cogs_amount) as cogs_amount,
        sum(channel_fees_amount) as channel_fees_amount,
        sum(shipping_amount) as shipping_amount,
        sum(ads_amount) as ads_amount,
        sum(margin_amount) as margin_amount,
        sum(full_revenue_amount) filter (where cost_known) / nullif(sum(full_revenue_amount), 0) as cost_rate,
        sum(weight_amount * fees_known_rate)
        / nullif(sum(weight_amount) filter (where fees_known_rate is not null), 0) as fees_rate,
        sum(weight_amount * labels_known_rate)
        / nullif(sum(weight_amount) filter (where labels_known_rate is not null), 0) as labels_rate,
        sum(revenue_amount) filter (where margin_amount is not null) / nullif(sum(full_revenue_amount), 0)
            as margin_known_rate,
        case when count(revenue_amount) = count(*) then sum(revenue_amount) end
        - coalesce(sum(cogs_amount), 0) - coalesce(sum(channel_fees_amount), 0) - coalesce(sum(shipping_amount), 0)
        - coalesce(sum(ads_amount), 0) as left_amount
    from items
    group by shop, month, channel, currency
),

steps as (
    select
        shop,
        month,
        channel,
        currency,
        status,
        revenue_amount,
        [
            { 'step': 'gross_sales', 'amount': gross_amount, 'is_total': true, 'coverage': 1 },
            { 'step': 'discounts', 'amount': -discount_amount, 'is_total': false, 'coverage': 1 },
            {
                'step': 'shipping_charged',
                'amount': shipping_income_amount,
                'is_total': false,
                'coverage': cast(shipping_income_amount is not null as integer)
            },
            {
                'step': 'refunds',
                'amount': -refunds_amount,
                'is_total': false,
                'coverage': cast(refunds_amount is not null as integer)
            },
            { 'step': 'tax', 'amount': -tax_amount, 'is_total': false, 'coverage': 1 },
            { 'step': 'net', 'amount': revenue_amount, 'is_total': true, 'coverage': 1 },
            { 'step': 'goods', 'amount': -cogs_amount, 'is_total': false, 'coverage': cost_rate },
            { 'step': 'channel_fees', 'amount': -channel_fees_amount, 'is_total': false, 'coverage': fees_rate },
            { 'step': 'fulfilment', 'amount': -shipping_amount, 'is_total': false, 'coverage': labels_rate },
            {
                'step': 'advertising',
                'amount': -ads_amount,
                'is_total': false,
                'coverage': cast(ads_amount is not null as integer)
            },
            { 'step': 'not_known', 'amount': margin_amount - left_amount, 'is_total': false, 'coverage': 1 },
            { 'step': 'contribution', 'amount': margin_amount, 'is_total': true, 'coverage': margin_known_rate }
        ] as bridge
    from months
),

numbered as (
    select
        * exclude (bridge),
        unnest(bridge) as each,
        cast(generate_subscripts(bridge, 1) as bigint) as step_no
    from steps
)

select
    numbered.shop,
    numbered.month,
    numbered.channel,
    numbered.currency,
    numbered.step_no,
    each.step,
    cast(each.amount as decimal(18, 2)) as amount,
    each.is_total,
    case when numbered.revenue_amount > 0 then try_cast(each.amount / numbered.revenue_amount as decimal(9, 6)) end
        as share_of_net_rate,
    try_cast(each.coverage as decimal(9, 6)) as coverage_rate,
    numbered.status,
    getvariable('rule_version') as rule_version
from numbered;

comment on column marts.profit_bridge.step is 'gross_sales, discounts, shipping_charged, refunds, tax, net, goods, channel_fees, fulfilment, advertising, not_known, contribution';
comment on column marts.profit_bridge.amount is 'What the step adds; what it takes is negative. Of gross_sales, net and contribution: what is left by then';
comment on column marts.profit_bridge.status is 'final, or provisional where one of its items is';
