-- What a unit of each SKU brought on average over the shop's window: net of discounts and tax, at the shop's own rates.
-- A line whose net is not known, such as one whose tax nobody states, says nothing, nor does one in a currency without a
-- rate; a SKU that sold none has no row. What was sold in a bundle counts for the bundle.
-- grain:  one row per SKU
-- keys:   sku
-- inputs: core.order_lines, settings.channels, settings.rates, settings.run, settings.stock

create or replace table ops.unit_prices as
select
    order_lines.sku,
    cast(
        sum(at_rate(order_lines.net_amount, rates.rate)) / sum(order_lines.quantity_units) as decimal(18, 6)
    ) as net_unit_price,
    any_value(run.currency) as currency
from core.order_lines
inner join settings.channels using (channel)
inner join settings.rates on coalesce(order_lines.currency, channels.currency) = rates.currency
cross join settings.run
cross join settings.stock
where
    order_lines.is_demand and order_lines.sku is not null and order_lines.net_amount is not null
    and order_lines.quantity_units > 0
    and order_lines.business_date >= run.business_date - cast(stock.window_days as integer)
    and order_lines.business_date < run.business_date
group by order_lines.sku;
