-- Every order with a sale in it, as the purchase of a customer: the month, what it brought, and which of the
-- customer's orders on the channel it is. A customer is what the channel's files call them, by keyed hash.
-- grain:  one row per order
-- keeps:  core.order_lines by channel, order_id; leaves no_sale where not is_sale
-- keys:   channel, order_id
-- inputs: core.orders, core.order_lines, settings.channels

create or replace table ops.customer_orders as
with bought as (
    select
        channel,
        order_id,
        -- One line of unknown net makes the order's unknown; a line without a price yet adds nothing.
        case
            when count(*) filter (where gross_amount is not null and net_amount is null) = 0 then sum(net_amount)
        end as net_amount,
        sum(quantity_units) as units,
        min(currency) as currency
    from core.order_lines
    where is_sale
    group by channel, order_id
)

select
    bought.channel,
    bought.order_id,
    orders.customer_key,
    orders.business_date,
    strftime(orders.business_date, '%Y-%m') as month,
    coalesce(
        case
            when orders.customer_key is not null
                then strftime(
                    min(orders.business_date) over (partition by bought.channel, orders.customer_key), '%Y-%m'
                )
        end,
        'unknown'
    ) as first_month,
    case
        when orders.customer_key is not null
            then row_number() over (
                partition by bought.channel, orders.customer_key order by orders.ordered_at, bought.order_id
            )
    end as order_no,
    coalesce(bought.currency, orders.currency, channels.currency) as currency,
    cast(bought.net_amount as decimal(18, 2)) as net_amount,
    cast(bought.units as bigint) as units,
    orders.tax_amount,
    orders.ship_country,
    orders.ship_region
from bought
inner join core.orders using (channel, order_id)
inner join settings.channels using (channel);
