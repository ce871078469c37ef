-- What each SKU earned on each channel in each month: contribution, after goods, fees, shipping and advertising.
-- margin = net_amount + shipping_income_amount - refunds_amount + refunded_tax_amount
--          - cogs_amount - channel_fees_amount - shipping_amount - ads_amount; its rate is of the revenue, the first four.
-- A sale, its refund and its costs are in the month of the order (marts.margin_costs says who bears what, and why); goods
-- that came back and are in stock again give their cost back in the month in which they came (ops.returned_costs). A
-- bundle is a SKU of its own. What belongs to no item is in a row `not shared`, so that the rows add up to the payouts.
-- A cost that is not known is null and never 0, and so is the margin then: `reason` says what is missing. Fees of orders
-- that are not paid out yet are not known: `fees_known_rate` says of how much they are, and the row is provisional.
-- What neither a channel's orders nor its payouts ever say of refunds and shipping is not known either; and what was
-- spent on advertising is not where no report and no payout ever said it: the margin is then the one before advertising.
-- grain:  one row per month × channel × item × currency
-- keeps:  ops.sale_costs by channel, month, item, currency; sum net_amount, quantity_units = units,
--   refunds_amount = refunds_amount - payout_refunds_amount; money net_amount; units quantity_units
-- keeps:  ops.returned_costs by channel, month, item, currency; sum cost_amount = restocked_cost_amount;
--   money cost_amount; units returned_units
-- keeps:  marts.margin_costs by channel, month, item, currency; sum amount = costs_amount; money amount
-- needs:  orders, sibling_orders, sku_map, bundles, shipments, payouts, payout_lines, unit_costs, purchase_orders,
--   receipts, supplier_items, all listings, ad_spend, returns
-- keys:   shop, month, channel, item, currency
-- inputs: ops.sale_costs, ops.returned_costs, marts.margin_costs, marts.payout_lines, core.payout_lines, core.shipments,
--   core.stated_totals, ops.report_presence, settings.fee_free_channels, settings.run

create or replace table marts.sku_margin as
with

paid_orders as (
    select distinct
        channel,
        order_id
    from marts.payout_lines
    where bucket = 'sale' and order_id is not null
),

labelled_orders as (
    select distinct
        channel,
        order_id
    from core.shipments
    where cost_amount is not null and order_id is not null
),

sales as (
    select
        sales.channel,
        sales.month,
        sales.item,
        sales.currency,
        max(sales.sku) as sku,
        sum(sales.quantity_units) as units,
        sum(sales.open_units) as open_units,
        sum(sales.gross_amount) as gross_amount,
        sum(sales.discount_amount) as discount_amount,
        sum(sales.included_tax_amount) as included_tax_amount,
        count(*) filter (where sales.gross_amount is not null and sales.net_amount is null) as lines_without_net,
        sum(sales.net_amount) as net_amount,
        sum(sales.shipping_income_amount) as shipping_income_amount,
        sum(sales.refunds_amount) as refunds_amount,
        sum(sales.refunded_tax_amount) as refunded_tax_amount,
        case when count(sales.cogs_amount) = count(*) then sum(sales.cogs_amount) end as cogs_amount,
        string_agg(distinct sales.cost_reason, '; ' order by sales.cost_reason) as cost_reason,
        bool_and(sales.is_cost_dated) as is_cost_dated,
        sum(sales.weight_amount) as weight_amount,
        sum(sales.weight_amount) filter (where paid_orders.order_id is not null) as paid_weight_amount,
        sum(sales.weight_amount) filter (where sales.is_sent_by_us) as sent_weight_amount,
        sum(sales.weight_amount) filter (where sales.is_sent_by_us and labelled_orders.order_id is not null)
            as labelled_weight_amount
    from ops.sale_costs as sales
    left join paid_orders on sales.channel = paid_orders.channel and sales.order_id = paid_orders.order_id
    left join labelled_orders
        on sales.channel = labelled_orders.channel and sales.order_id = labelled_orders.order_id
    group by sales.channel, sales.month, sales.item, sales.currency
),

costs as (
    select
        channel,
        month,
        item,
        currency,
        max(sku) as sku,
        sum(amount) as costs_amount,
        sum(amount) filter (where kind = 'refund') as paid_refunds_amount,
        -sum(amount) filter (where kind in ('shipping', 'gift_wrap')) as paid_shipping_income_amount,
        sum(amount) filter (where cost_part(kind, false) = 'channel_fees') as channel_fees_amount,
        sum(amount) filter (where cost_part(kind, false) = 'shipping') as shipping_amount,
        sum(amount) filter (where cost_part(kind, false) = 'ads') as ads_amount
    from marts.margin_costs
    group by channel, month, item, currency
),

returned as (
    select
        channel,
        month,
        item,
        currency,
        max(sku) as sku,
        case when count(cost_amount) = count(*) then sum(cost_amount) end as cost_amount,
        sum(returned_units) filter (where disposition = 'pending') as pending_units,
        string_agg(distinct cost_reason, '; ' order by cost_reason) as cost_reason
    from ops.returned_costs
    group by channel, month, item, currency
),

paying as (
    select distinct channel
    from core.payout_lines
),

-- A spend of 0 is said, too.
advertised as (
    select distinct channel
    from marts.margin_costs
    where cost_part(kind, false) = 'ads'
),

joined as (
    select
        channel,
        month,
        item,
        currency,
        coalesce(sales.sku, costs.sku, returned.sku) as sku,
        coalesce(sales.units, 0) as units,
        coalesce(sales.open_units, 0) as open_units,
        sales.gross_amount,
        coalesce(sales.discount_amount, 0) as discount_amount,
        coalesce(sales.included_tax_amount, 0) as included_tax_amount,
        case
            when sales.item is null then case when report_presence.has_orders is not false then 0 end
            when sales.lines_without_net = 0 then coalesce(sales.net_amount, 0)
        end as net_amount,
        paying.channel is not null or fee_free.channel is not null as has_fee_report,
        coalesce(stated.states_refunds, false) or has_fee_report as knows_refunds,
        case
            when coalesce(stated.states_shipping_charge, false) or has_fee_report
                then coalesce(sales.shipping_income_amount, 0) + coalesce(costs.paid_shipping_income_amount, 0)
        end as shipping_income_amount,
        case when knows_refunds then coalesce(costs.paid_refunds_amount, 0) end as payout_refunds_amount,
        coalesce(sales.refunds_amount, 0) + payout_refunds_amount as refunds_amount,
        case when knows_refunds then coalesce(sales.refunded_tax_amount, 0) end as refunded_tax_amount,
        -- Where no report says what came back, the goods cost what all that was sold cost.
        returned.item is not null or coalesce(report_presence.has_returns, false) as knows_returns,
        case when returned.item is null then 0 else returned.cost_amount end as back_amount,
        case when knows_returns then back_amount end as restocked_cost_amount,
        case when sales.item is null then 0 else sales.cogs_amount end - back_amount as cogs_amount,
        case when knows_returns then coalesce(returned.pending_units, 0) end as pending_units,
        coalesce(sales.cost_reason, returned.cost_reason) as cost_reason,
        coalesce(sales.is_cost_dated, true) as is_cost_dated,
        costs.costs_amount,
        case when advertised.channel is not null then coalesce(costs.ads_amount, 0) end as ads_amount,
        case
            when fee_free.channel is null and sales.weight_amount > 0
                then cast(coalesce(sales.paid_weight_amount, 0) / sales.weight_amount as decimal(9, 6))
        end as fees_known_rate,
        case
            when sales.sent_weight_amount > 0
                then cast(coalesce(sales.labelled_weight_amount, 0) / sales.sent_weight_amount as decimal(9, 6))
        end as labels_known_rate,
        costs.channel_fees_amount,
        costs.shipping_amount,
        coalesce(fees_known_rate, 1) > 0 and has_fee_report as are_fees_known,
        report_presence.has_orders is not false as has_orders
    from sales
    full join costs using (channel, month, item, currency)
    full join returned using (channel, month, item, currency)
    left join paying using (channel)
    left join settings.fee_free_channels as fee_free using (channel)
    left join core.stated_totals as stated using (channel)
    left join advertised using (channel)
    left join ops.report_presence using (channel)
),

-- Nothing paid is 0 only where it would be known.
known as (
    select
        * exclude (channel_fees_amount, shipping_amount),
        net_amount + shipping_income_amount - refunds_amount + refunded_tax_amount as revenue_amount,
        case when are_fees_known then coalesce(channel_fees_amount, 0) else channel_fees_amount end
            as channel_fees_amount,
        case
            when are_fees_known and coalesce(labels_known_rate, 1) > 0 then coalesce(shipping_amount, 0)
            else shipping_amount
        end as shipping_amount
    from joined
),

judged as (
    select
        *,
        case
            when are_fees_known
                then revenue_amount - cogs_amount - channel_fees_amount - shipping_amount - coalesce(ads_amount, 0)
        end as margin_amount
    from known
)

select
    run.shop,
    judged.month,
    judged.channel,
    judged.item,
    judged.sku,
    judged.currency,
    case
        when
            judged.month = month_of(run.business_date) or judged.open_units > 0
            or coalesce(judged.fees_known_rate, 1) < 1 or coalesce(judged.labels_known_rate, 1) < 1
            then 'provisional'
        else 'final'
    end as status,
    cast(judged.units as bigint) as units,
    cast(judged.gross_amount as decimal(18, 2)) as gross_amount,
    cast(judged.discount_amount as decimal(18, 2)) as discount_amount,
    cast(judged.included_tax_amount as decimal(18, 2)) as included_tax_amount,
    cast(judged.net_amount as decimal(18, 2)) as net_amount,
    cast(judged.shipping_income_amount as decimal(18, 2)) as shipping_income_amount,
    cast(judged.refunds_amount as decimal(18, 2)) as refunds_amount,
    cast(judged.payout_refunds_amount as decimal(18, 2)) as payout_refunds_amount,
    cast(judged.refunded_tax_amount as decimal(18, 2)) as refunded_tax_amount,
    cast(judged.revenue_amount as decimal(18, 2)) as revenue_amount,
    cast(judged.cogs_amount as decimal(18, 2)) as cogs_amount,
    cast(judged.restocked_cost_amount as decimal(18, 2)) as restocked_cost_amount,
    cast(judged.pending_units as bigint) as pending_units,
    cast(judged.channel_fees_amount as decimal(18, 2)) as channel_fees_amount,
    cast(judged.shipping_amount as decimal(18, 2)) as shipping_amount,
    cast(judged.ads_amount as decimal(18, 2)) as ads_amount,
    cast(coalesce(judged.costs_amount, 0) as decimal(18, 2)) as costs_amount,
    cast(judged.margin_amount as decimal(18, 2)) as margin_amount,
    case when judged.revenue_amount > 0 then try_cast(judged.margin_amount / judged.revenue_amount as decimal(9, 6)) end
        as margin_rate,
    judged.cogs_amount is not null as cost_known,
    judged.is_cost_dated,
    judged.fees_known_rate,
    judged.labels_known_rate,
    nullif(concat_ws(
        '; ',
        case when judged.item = 'not shared' then 'costs that no item bears' end,
        case when judged.net_amount is null and judged.has_orders then 'the tax within its prices is not stated' end,
        case when judged.net_amount is null and not judged.has_orders then 'no orders of the channel ever came' end,
        judged.cost_reason,
        case when not judged.is_cost_dated then 'its cost is not dated: the first known one is used' end,
        case
            when not judged.has_fee_report then 'no payout says what the channel takes'
            when judged.fees_known_rate = 0 then 'none of its orders is paid out yet'
        end,
        case when judged.shipping_amount is null and judged.are_fees_known then 'what its parcels cost is not known' end
    ), '') as reason,
    getvariable('rule_version') as rule_version
from judged
cross join settings.run;

comment on column marts.sku_margin.item is 'The SKU; `unmapped: ` and the listing, `without a SKU`, or `not shared` for costs that no item bears';
comment on column marts.sku_margin.channel is 'Channel by the shop file''s name; `unknown` for advertising that nobody names a channel of';
comment on column marts.sku_margin.sku is 'Seller''s SKU, a bundle as itself; null where there is none';
comment on column marts.sku_margin.status is 'final; provisional while the month runs, something is to be shipped, or fees or labels are not all known';
comment on column marts.sku_margin.units is 'Units ordered in the month';
comment on column marts.sku_margin.net_amount is 'Sales of goods: gross less discounts, without tax, before refunds; null where a tax within prices is not stated';
comment on column marts.sku_margin.refunds_amount is 'Given back on orders of the month: by the orders, by the payouts where the channel''s orders state none; null where neither says it';
comment on column marts.sku_margin.revenue_amount is 'Sales without tax, with the shipping that buyers paid, after refunds';
comment on column marts.sku_margin.cogs_amount is 'Cost of the goods sold, at the cost of the day of each sale, less restocked_cost_amount; null where a cost is not known';
comment on column marts.sku_margin.pending_units is 'Units that came back in the month and that nobody says the whereabouts of; their cost is not given back; null where no report of returns came';
comment on column marts.sku_margin.shipping_amount is 'What sending it cost: labels, and the channel''s fulfilment fees; null where parcels left and no cost is known';
comment on column marts.sku_margin.margin_amount is 'Contribution: revenue less goods, fees, shipping and, where it is known, advertising; null where another of them is not known (`reason`)';
