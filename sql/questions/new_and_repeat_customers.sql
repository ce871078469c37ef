-- title:   How many customers are new, and how many came back?
-- answers: By channel and month: new and returning customers, the share that came back, and what all of them bought.
-- months:  months that are shown, newest first
select
    month,
    channel,
    currency,
    cast(sum(repeat_customers) / nullif(sum(new_customers) + sum(repeat_customers), 0) as decimal(18, 6))
        as repeat_rate,
    sum(new_customers) as new_customers,
    sum(repeat_customers) as repeat_customers,
    sum(orders) as orders,
    sum(net_amount) as net_amount
from customers_monthly
group by month, channel, currency
qualify dense_rank() over (order by month desc) <= cast(coalesce(getvariable('months'), '6') as integer)
order by month desc, channel asc;
