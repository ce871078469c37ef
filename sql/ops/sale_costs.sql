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
-- inputs: core.order_lines, core.orders, core.bundles, core.unit_costs, settings.channels, settings.rates

create or replace table ops.sale_costs as
with

lines as (
    select
        lines.* exclude (currency),
        coalesce(lines.currency, channels.currency) as currency,
        coalesce(lines.sku, 'unmapped: ' || lines.channel_sku, 'without a SKU') as item,
        greatest(coalesce(lines.gross_amount - coalesce(lines.discount_amount, 0), 0), 0) as weight_amount,
        orders.shipping_amount - case
            when
                lines.is_tax_included
                and count(lines.tax_amount) over whole_order = count(lines.gross_amount) over whole_order
                then greatest(
                    least(orders.shipping_amount, orders.tax_amount - sum(lines.tax_amount) over whole_order), 0
                )
            else 0
        end as order_shipping_amount,
        case
            when orders.total_amount > 0
                then cast(orders.refunded_amount * orders.tax_amount / orders.total_amount as decimal(18, 2))
        end as order_refunded_tax_amount
    from core.order_lines as lines
    inner join settings.channels on lines.channel = channels.channel
    left join core.orders on lines.channel = orders.channel and lines.order_id = orders.order_id
    window whole_order as (partition by lines.channel, lines.order_id)
),

weights as (
    select
        *,
        cast(weight_amount * 100 as bigint) as weight_cents,
        cast(coalesce(refunded_amount, 0) * 100 as bigint) as refund_cents,
        is_sale and coalesce(first_value(line_id) over (
            partition by channel, order_id, is_sale order by line_no, line_id
        ) = line_id, false) as is_first_sale,
        row_number() over (partition by channel, order_id order by line_no, line_id) = 1 as is_first
    from lines
),

runs as (
    select
        *,
        sum(weight_cents) filter (where is_sale) over in_order as sale_run,
        nullif(sum(weight_cents) filter (where is_sale) over whole_order, 0) as sale_total,
        sum(refund_cents) over in_order as refund_run,
        nullif(sum(refund_cents) over whole_order, 0) as refund_total
    from weights
    window
        in_order as (
            partition by channel, order_id order by line_no, line_id rows between unbounded preceding and current row
        ),
        whole_order as (partition by channel, order_id)
),

shared as (
    select
        *,
        share_cents(
            cast(order_shipping_amount * 100 as bigint), weight_cents, sale_run, sale_total, is_first_sale
        ) as shipping_cents,
        share_cents(
            cast(order_refunded_tax_amount * 100 as bigint), refund_cents, refund_run, refund_total, is_first
        ) as refunded_tax_cents,
        case
            when demand_reason = 'part_of_bundle' then 0
            else greatest(quantity_units - removed_units - cancelled_units, 0)
        end as cost_units
    from runs
    where is_sale
),

-- Each line's goods, down to what is on a shelf.
parts as (
    select
        shared.channel,
        shared.order_id,
        shared.line_id,
        shared.business_date,
        shared.currency,
        coalesce(bundles.component_sku, shared.sku) as sku,
        shared.cost_units * coalesce(bundles.component_units, 1) as units
    from shared
    left join core.bundles on shared.sku = bundles.bundle_sku
    where shared.cost_units > 0
),

priced as (
    select
        parts.*,
        costs.sku is not null as has_cost,
        costs.is_dated,
        costs.cost_source,
        costs.currency as cost_currency,
        parts.units * case
            when costs.currency = parts.currency then costs.unit_cost_amount
            else costs.unit_cost_amount / cost_rates.rate * sale_rates.rate
        end as cost
    from parts
    asof left join core.unit_costs as costs
        on parts.sku = costs.sku and parts.business_date >= costs.from_date
    left join settings.rates as cost_rates on costs.currency = cost_rates.currency
    left join settings.rates as sale_rates on parts.currency = sale_rates.currency
),

goods as (
    select
        channel,
        order_id,
        line_id,
        case when count(cost) = count(*) then cast(sum(cost) as decimal(18, 2)) end as cogs_amount,
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
    group by channel, order_id, line_id
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
    case when shared.cost_units = 0 then cast(0 as decimal(18, 2)) else goods.cogs_amount end as cogs_amount,
    goods.cost_reason,
    goods.cost_source,
    coalesce(goods.is_cost_dated, true) as is_cost_dated,
    cast(shared.weight_amount as decimal(18, 2)) as weight_amount,
    shared.due_reason = 'to_ship' and shared.shipped_units > 0 as is_sent_by_us
from shared
left join goods using (channel, order_id, line_id);

comment on column ops.sale_costs.included_tax_amount is 'Tax within its price; 0 where prices are without tax, null where it is not stated';
comment on column ops.sale_costs.weight_amount is 'Price less discount, by which costs of the order are shared over its lines; never below 0';
