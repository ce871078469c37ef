-- Where what was sold each day goes, by order. Where the channel's file says no country, the country is `unknown`.
-- grain:  one row per business date × channel × country × region × currency
-- keeps:  ops.customer_orders by channel, business_date, currency; money net_amount; units units
-- needs:  orders, sibling_orders
-- keys:   shop, business_date, channel, country, region, currency
-- inputs: ops.customer_orders, settings.run

create or replace table marts.sales_geo_daily as
select
    run.shop,
    orders.business_date,
    orders.channel,
    coalesce(upper(orders.ship_country), 'unknown') as country,
    coalesce(orders.ship_region, 'unknown') as region,
    orders.currency,
    count(*) as orders,
    cast(sum(orders.units) as bigint) as units,
    cast(sum(orders.net_amount) as decimal(18, 2)) as net_amount,
    count(*) - count(orders.net_amount) as orders_without_net,
    -- Of the orders that state a tax; null where none does.
    cast(sum(orders.tax_amount) as decimal(18, 2)) as tax_amount,
    count(*) - count(orders.tax_amount) as orders_without_tax,
    getvariable('rule_version') as rule_version
from ops.customer_orders as orders
cross join settings.run
group by
    run.shop, orders.business_date, orders.channel, upper(orders.ship_country), orders.ship_region, orders.currency;

comment on column marts.sales_geo_daily.units is 'Units ordered';
