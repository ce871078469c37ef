-- What buyers on terms have paid to the shop's own bank: bookings whose reference names their order, or its invoice. A
-- booking that names several pays them where it is just what they owe together; else nobody knows what is whose, and a
-- person says. So it is where one name is of two orders.
-- grain:  one row per booking and order that it pays
-- keys:   booking_id, channel, order_id
-- inputs: ops.order_dues, ops.bank_bookings, core.order_refs, core.orders

create or replace table ops.order_receipts as
with

tokens as (
    select
        booking_id,
        booked_date,
        amount,
        currency,
        unnest(list_distinct(regexp_split_to_array(lower(reference), '[\s,;/]+'))) as token
    from ops.bank_bookings
    where channel is null and amount > 0 and reference is not null
),

names as (
    select
        channel,
        lower(order_ref) as name,
        order_id
    from core.order_refs
    union
    select
        channel,
        lower(invoice_number) as name,
        order_id
    from core.orders
    where invoice_number is not null
),

named as (
    select distinct
        tokens.booking_id,
        tokens.booked_date,
        tokens.amount,
        dues.channel,
        dues.order_id,
        dues.gross_amount,
        dues.currency
    from tokens
    inner join names on tokens.token = names.name
    inner join ops.order_dues as dues
        on names.channel = dues.channel and names.order_id = dues.order_id and tokens.currency = dues.currency
    where dues.payer = 'buyer'
),

groups as (
    select
        *,
        count(*) over (partition by booking_id) as orders,
        sum(gross_amount) over (partition by booking_id) as orders_amount
    from named
)

select
    booking_id,
    channel,
    order_id,
    booked_date,
    cast(if(orders = 1, amount, gross_amount) as decimal(18, 2)) as received_amount,
    currency
from groups
where orders = 1 or orders_amount = amount;

comment on column ops.order_receipts.received_amount is 'What the booking pays of this order';
