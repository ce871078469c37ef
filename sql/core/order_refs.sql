-- Which order a warehouse, a payout, a booking or a return means by what it calls it: the channel's id, the number, or
-- the number with or without the # that some put before it. An id comes before a number that another order happens to
-- have, and what is written exactly before what only the # makes equal. A number of two orders means neither: a person
-- says which.
-- grain:  one row per name that an order goes by
-- keys:   channel, order_ref
-- inputs: valid.orders

create or replace table core.order_refs as
with

stated as (
    select distinct
        channel,
        order_id,
        order_name,
        ltrim(coalesce(order_name, order_id), '#') as bare_name
    from valid.orders
    where channel is not null and order_id is not null
),

names as (
    select
        *,
        unnest(list_distinct([order_id, order_name, bare_name, '#' || bare_name])) as order_ref
    from stated
),

claims as (
    select
        channel,
        order_ref,
        order_id,
        order_ref = order_id as is_id,
        coalesce(bool_or(order_ref = order_name), false) as is_exact
    from names
    group by channel, order_ref, order_id
)

select
    channel,
    order_ref,
    order_id
from claims
qualify
    rank() over (partition by channel, order_ref order by is_id desc, is_exact desc) = 1
    and count(*) over (partition by channel, order_ref, is_id, is_exact) = 1;

comment on column core.order_refs.order_ref is 'What others call the order';
