-- Who bought for the first time and who came back, by the month of the first order that our files know. Customers are
-- known by a keyed hash of what their channel calls them, which is in no mart; orders whose customer is not
-- stated are a group of their own.
-- grain:  one row per channel × month of the first order × month × currency
-- keeps:  ops.customer_orders by channel, first_month, month, currency; sum net_amount; money net_amount
-- needs:  orders, sibling_orders
-- keys:   shop, channel, first_month, month, currency
-- inputs: ops.customer_orders, settings.run

create or replace table marts.customers_monthly as
select
    run.shop,
    orders.channel,
    orders.first_month,
    orders.month,
    orders.currency,
    case
        when orders.first_month <> 'unknown' then count(distinct orders.customer_key) filter (where orders.order_no = 1)
    end as new_customers,
    case
        when orders.first_month <> 'unknown' then count(distinct orders.customer_key) filter (where orders.order_no > 1)
    end as repeat_customers,
    count(*) as orders,
    cast(sum(orders.net_amount) as decimal(18, 2)) as net_amount,
    count(*) - count(orders.net_amount) as orders_without_net,
    getvariable('rule_version') as rule_version
from ops.customer_orders as orders
cross join settings.run
group by run.shop, orders.channel, orders.first_month, orders.month, orders.currency;

comment on column marts.customers_monthly.net_amount is 'Net of the orders whose net is known';
