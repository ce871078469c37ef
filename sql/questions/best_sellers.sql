-- title:   Which SKUs sell best, and are they gaining?
-- answers: Units and net sales by SKU, next to as many days before, most units first.
-- days:    closed days that are looked at
with asked as (select cast(coalesce(getvariable('days'), '28') as integer) as days),

today as (select max(as_of) as as_of from order_inbox),

sold as (
    select
        sales_daily.sku,
        sales_daily.currency,
        sum(sales_daily.units) filter (where sales_daily.business_date >= today.as_of - asked.days) as units,
        sum(sales_daily.net_amount) filter (where sales_daily.business_date >= today.as_of - asked.days) as net_amount,
        sum(sales_daily.units) filter (where sales_daily.business_date < today.as_of - asked.days) as units_before
    from sales_daily
    cross join asked
    cross join today
    where sales_daily.business_date between today.as_of - 2 * asked.days and today.as_of - 1
    group by sales_daily.sku, sales_daily.currency
)

select
    sold.sku,
    products.title,
    sold.currency,
    sold.net_amount,
    cast(coalesce(sold.units, 0) / nullif(sold.units_before, 0) - 1 as decimal(18, 6)) as growth_rate,
    coalesce(sold.units, 0) as units,
    coalesce(sold.units_before, 0) as units_before
from sold
left join products using (sku)
order by units desc, sold.sku asc;
