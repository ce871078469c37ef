-- Where what was sold each day goes, by order. Where the channel's file says no country, the country is `unknown`; one
-- that it writes in words is the one of that name. A region is written as most orders of its country write it: buyers
-- type `ny` and `NY`.
-- grain:  one row per business date × channel × country × region × currency
-- keeps:  ops.customer_orders by channel, business_date, currency; money net_amount; units units
-- needs:  orders, sibling_orders
-- keys:   shop, business_date, channel, country, region, currency
-- inputs: ops.customer_orders, settings.country_names, settings.run

create or replace table marts.sales_geo_daily as
with

placed as (
    select
        orders.*,
        coalesce(country_names.country, upper(orders.ship_country), 'unknown') as country
    from ops.customer_orders as orders
    left join settings.country_names on folded(orders.ship_country) = country_names.name
),

spellings as (
    select
        country,
        folded(ship_region) as folded_region,
        trim(ship_region) as region,
        count(*) as orders
    from placed
    where trim(ship_region) <> ''
    group by country, folded(ship_region), trim(ship_region)
),

regions as (
    select
        country,
        folded_region,
        arg_max(region, (orders, region)) as region
    from spellings
    group by country, folded_region
)

select
    run.shop,
    orders.business_date,
    orders.channel,
    orders.country,
    coalesce(regions.region, 'unknown') as region,
    orders.currency,
    count(*) as orders,
    cast(sum(orders.units) as bigint) as units,
    cast(sum(orders.net_amount) as decimal(18, 2)) as net_amount,
    count(*) - count(orders.net_amount) as orders_without_net,
    -- Of the orders that state a tax; null where none does.
    cast(sum(orders.tax_amount) as decimal(18, 2)) as tax_amount,
    count(*) - count(orders.tax_amount) as orders_without_tax,
    getvariable('rule_version') as rule_version
from placed as orders
cross join settings.run
left join regions on orders.country = regions.country and folded(orders.ship_region) = regions.folded_region
group by
    run.shop, orders.business_date, orders.channel, orders.country, regions.region, orders.currency;

comment on column marts.sales_geo_daily.country is 'Country of the delivery by ISO 3166-1; as the channel writes it where that is no name we know; unknown where it says none';
comment on column marts.sales_geo_daily.units is 'Units ordered';
