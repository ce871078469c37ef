-- title:   How much do we give away in discounts?
-- answers: Discounts as a share of gross sales by channel and month.
-- months:  months that are shown, newest first
select
    channel,
    currency,
    cast(sum(discount_amount) / nullif(sum(gross_amount), 0) as decimal(18, 6)) as discount_rate,
    strftime(business_date, '%Y-%m') as month,
    sum(gross_amount) as gross_amount,
    sum(discount_amount) as discount_amount
from sales_daily
group by strftime(business_date, '%Y-%m'), channel, currency
qualify
    dense_rank() over (order by strftime(business_date, '%Y-%m') desc)
    <= cast(coalesce(getvariable('months'), '6') as integer)
order by month desc, channel asc;
