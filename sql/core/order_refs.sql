-- How payout lines, bookings and returns name an order: some channels write its id, some its name. Of two orders with
-- one name the newest is meant.
-- grain:  one row per name of an order
-- keys:   channel, order_ref
-- inputs: core.orders

create or replace table core.order_refs as
with

named as (
    select
        channel,
        unnest(list_distinct([order_id, order_name])) as order_ref,
        order_id,
        ordered_at
    from core.orders
)

select
    channel,
    order_ref,
    order_id
from named
qualify row_number() over (partition by channel, order_ref order by ordered_at desc, order_id desc) = 1;

comment on column core.order_refs.order_ref is 'Id or name of the order';
