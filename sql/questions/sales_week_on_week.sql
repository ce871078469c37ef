-- title:   What grew and what shrank since last week?
-- answers: Net sales of each closed week by channel, the change to the week before, and the channel's share of the week.
-- weeks:   closed weeks that are shown, newest first
with weeks as (
    select
        channel,
        currency,
        date_trunc('week', business_date) as week_starts,
        sum(units) as units,
        sum(net_amount) as net_amount
    from sales_daily
    where business_date < date_trunc('week', (select max(as_of) from order_inbox))
    group by date_trunc('week', business_date), channel, currency
),

compared as (
    select
        *,
        lag(net_amount) over (partition by channel, currency order by week_starts) as previous_amount,
        sum(net_amount) over (partition by week_starts, currency) as week_amount
    from weeks
)

select
    channel,
    currency,
    units,
    net_amount,
    previous_amount,
    cast(net_amount / nullif(previous_amount, 0) - 1 as decimal(18, 6)) as growth_rate,
    cast(net_amount / nullif(week_amount, 0) as decimal(18, 6)) as share_of_week,
    strftime(week_starts, '%G-W%V') as iso_week
from compared
qualify dense_rank() over (order by week_starts desc) <= cast(coalesce(getvariable('weeks'), '8') as integer)
order by iso_week desc, channel asc;
