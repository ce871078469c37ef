-- What the orders of a channel state of an order's money: where none ever states a refund, or shipping, its payouts do.
-- grain:  one row per channel with an order
-- keys:   channel
-- inputs: core.order_headers

create or replace table core.stated_totals as
select
    channel,
    bool_or(refunded_amount is not null) as states_refunds,
    bool_or(shipping_amount is not null) as states_shipping_charge
from core.order_headers
group by channel;
