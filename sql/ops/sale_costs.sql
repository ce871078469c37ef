-- What each sold line brought and what its goods cost, at the cost of its day (core.unit_costs).
-- Shipping that the buyer paid, without the tax in it (what the order states beyond its lines'), and the tax within a
-- refund (the refund's share of the order's total), are the order's own figures, shared over its lines like its discount
-- (share_cents). A bundle costs what its parts cost. What left the
-- order before it left the shop costs nothing; what came back stays a cost here (ops.returned_costs gives it back).
-- A cost in another currency counts at the shop's own rates, else it is not known.
-- grain:  one row per order line that is a sale
-- keeps:  core.order_lines by channel, order_id, line_id; sum net_amount, refunded_amount = refunds_amount;
--   money net_amount; leaves no_sale where not is_sale
-- keys:   channel, order_id, line_id
-- by:     channel, order_id
-- inputs: core.order_lines, core.orders, core.bundles, core.unit_costs, settings.channels, settings.rates

create or replace table ops.sale_costs as
with

orders as (
    select
        channel,
        order_id,
        count(tax_amount) = count(gross_amount) as is_tax_known,
        sum(tax_amount) as lines_tax_amount
    from core.order_lines
    group by channel, order_id
),

lines as (
    select
        lines.* exclude (currency),
        coalesce(lines.currency, channels.currency) as currency,
        coalesce(lines.sku, 'unmapped: ' || lines.channel_sku, 'without a SKU') as item,
        greatest(coalesce(lines.gross_amount - coalesce(lines.discount_amount, 0), 0), 0) as weight_amount,
        headers.shipping_amount - case
            when lines.is_tax_included and orders.is_tax_known
                then greatest(
                    least(headers.shipping_amount, headers.tax_amount - orders.lines_tax_amount), 0
                )
            else 0
        end as order_shipping_amount,
        case
            when headers.total_amount > 0
                then cast(headers.refunded_amount * headers.tax_amount / headers.total_amount as decimal(18, 2))
        end as order_refunded_tax_amount
    from core.order_lines as lines
    inner join settings.channels on lines.channel = channels.channel
    inner join orders on lines.channel = orders.channel and lines.order_id = orders.order_id
    left join core.orders as headers on lines.channel = headers.channel and lines.order_id = headers.order_id
),

-- Of orders with something to share: what their lines weigh, in the order's own order.
weights as (
    select
        channel,
        order_id,
        line_id,
        line_no,
        is_sale,
        order_shipping_amount,
        order_refunded_tax_amount,
        cast(weight_amount * 100 as bigint) as weight_cents,
        cast(coalesce(refunded_amount, 0) * 100 as bigint) as refund_cents
    from lines
    where order_shipping_amount != 0 or order_refunded_tax_amount != 0
),

runs as (
    select
        *,
        sum(weight_cents) filter (where is_sale) over in_order as sale_run,
        nullif(sum(weight_cents) filter (where is_sale) over whole_order, 0) as sale_total,
        sum(refund_cents) over in_order as refund_run,
        nullif(sum(refund_cents) over whole_order, 0) as refund_total,
        count(*) filter (where is_sale) over in_order = 1 as is_first_sale,
        count(*) over in_order = 1 as is_first
    from weights
    window
        in_order as (
            partition by channel, order_id order by line_no, line_id rows between unbounded preceding and current row
        ),
        whole_order as (partition by channel, order_id)
),

shares as (
    select
        channel,
        order_id,
        line_id,
        share_cents(
            cast(order_shipping_amount * 100 as bigint), weight_cents, sale_run, sale_total, is_first_sale
        ) as shipping_cents,
        share_cents(
            cast(order_refunded_tax_amount * 100 as bigint), refund_cents, refund_run, refund_total, is_first
        ) as refunded_tax_cents
    from runs
    where is_sale
),

shared as (
    select
        lines.*,
        shares.shipping_cents,
        shares.refunded_tax_cents,
        case
            when lines.demand_reason = 'part_of_bundle' then 0
            else greatest(lines.quantity_units - lines.removed_units - lines.cancelled_units, 0)
        end as cost_units
    from lines
    left join shares using (channel, order_id, line_id)
    where lines.is_sale
),

-- What was sold on a day cost the same in every order.
sold as (
    select distinct
        sku,
        business_date,
        currency
    from shared
    where cost_units > 0
),

-- The goods of one unit, down to what is on a shelf.
parts as (
    select
        sold.sku as sold_sku,
        sold.business_date,
        sold.currency,
        coalesce(bundles.component_sku, sold.sku) as sku,
        coalesce(bundles.component_units, 1) as units
    from sold
    left join core.bundles on sold.sku = bundles.bundle_sku
),

priced as (
    select
        parts.*,
        costs.sku is not null as has_cost,
        costs.is_dated,
        costs.cost_source,
        costs.currency as cost_currency,
        cast(parts.units as decimal(18, 0)) * case
            when costs.currency = parts.currency then cast(costs.unit_cost_amount as decimal(18, 6))
            else cast(costs.unit_cost_amount / cost_rates.rate * sale_rates.rate as decimal(18, 6))
        end as cost
    from parts
    asof left join core.unit_costs as costs
        on parts.sku = costs.sku and parts.business_date >= costs.from_date
    left join settings.rates as cost_rates on costs.currency = cost_rates.currency
    left join settings.rates as sale_rates on parts.currency = sale_rates.currency
),

goods as (
    select
        sold_sku,
        business_date,
        currency,
        case when count(cost) = count(*) then sum(cost) end as unit_cost,
        bool_and(is_dated) filter (where has_cost) as is_cost_dated,
        string_agg(distinct cost_source, ', ' order by cost_source) as cost_source,
        case
            when bool_or(sku is null) then 'the line has no SKU that anybody knows'
            when not bool_and(has_cost)
                then
                    'no cost is known of '
                    || string_agg(distinct sku, ', ' order by sku) filter (where not has_cost)
            when count(cost) < count(*)
                then
                    'its cost is in '
                    || array_to_string(list_sort(
                        list(distinct coalesce(cost_currency, 'no known currency')) filter (where cost is null)
                    ), ', ')
                    || ', without a rate'
        end as cost_reason
    from priced
    group by sold_sku, business_date, currency
)

select
    shared.channel,
    shared.order_id,
    shared.line_id,
    shared.business_date,
    month_of(shared.business_date) as month,
    shared.item,
    shared.sku,
    shared.currency,
    shared.quantity_units,
    shared.open_units,
    cast(shared.cost_units as bigint) as cost_units,
    shared.gross_amount,
    shared.discount_amount,
    cast(case when shared.is_tax_included then shared.tax_amount else 0 end as decimal(18, 2))
        as included_tax_amount,
    shared.net_amount,
    cast(coalesce(shared.shipping_cents, 0) * 0.01 as decimal(18, 2)) as shipping_income_amount,
    shared.refunded_amount as refunds_amount,
    cast(coalesce(shared.refunded_tax_cents, 0) * 0.01 as decimal(18, 2)) as refunded_tax_amount,
    case
        when shared.cost_units = 0 then cast(0 as decimal(18, 2))
        else cast(shared.cost_units * goods.unit_cost as decimal(18, 2))
    end as cogs_amount,
    goods.cost_reason,
    goods.cost_source,
    coalesce(goods.is_cost_dated, true) as is_cost_dated,
    cast(shared.weight_amount as decimal(18, 2)) as weight_amount,
    shared.due_reason = 'to_ship' and shared.shipped_units > 0 as is_sent_by_us
from shared
left join goods
    on
        shared.cost_units > 0
        and shared.sku is not distinct from goods.sold_sku
        and shared.business_date is not distinct from goods.business_date
        and shared.currency is not distinct from goods.currency;

comment on column ops.sale_costs.included_tax_amount is 'Tax within its price; 0 where prices are without tax, null where it is not stated';
comment on column ops.sale_costs.weight_amount is 'Price less discount, by which costs of the order are shared over its lines; never below 0';
