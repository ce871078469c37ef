-- title:   Where do we sell, and what tax came with it?
-- answers: Orders, units, net sales and tax by country, region and channel. Orders whose net or tax is not stated are counted apart.
-- days:    closed days that are looked at
select
    country,
    region,
    channel,
    currency,
    sum(orders) as orders,
    sum(units) as units,
    sum(net_amount) as net_amount,
    sum(tax_amount) as tax_amount,
    sum(orders_without_net) as orders_without_net,
    sum(orders_without_tax) as orders_without_tax
from sales_geo_daily
where
    business_date
    >= (select max(as_of) from order_inbox) - cast(coalesce(getvariable('days'), '90') as integer)
group by country, region, channel, currency
order by net_amount desc nulls last, country asc, region asc, channel asc;
