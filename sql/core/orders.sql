-- Every order, in the newest state that any file reports; its state follows from its lines.
-- grain:  one row per order
-- keeps:  core.order_headers by channel, order_id; same total_amount; money total_amount
-- keys:   channel, order_id
-- inputs: core.order_headers, core.order_lines

create or replace table core.orders as
with

contents as (
    select
        channel,
        order_id,
        sum(quantity_units - removed_units - cancelled_units) as wanted_units,
        sum(shipped_units) as shipped_units,
        sum(open_units) as open_units,
        bool_and(is_cancelled) as is_cancelled,
        bool_or(due_reason in ('held', 'scheduled', 'preorder')) as is_held,
        bool_or(sale_reason = 'unknown_word') as has_unknown_word
    from core.order_lines
    group by channel, order_id
)

select
    headers.channel,
    headers.order_id,
    headers.order_name,
    headers.platform,
    headers.ordered_at,
    headers.business_date,
    headers.paid_at,
    -- An order has left when all of it has.
    case when coalesce(contents.open_units, 0) = 0 then headers.left_at end as shipped_at,
    headers.delivered_at,
    headers.cancelled_at,
    case
        when headers.is_cancelled or contents.is_cancelled then 'cancelled'
        when headers.sale_reason in ('unpaid', 'failed', 'voided', 'expired', 'draft') then headers.sale_reason
        when headers.sale_reason = 'unknown_word' or contents.has_unknown_word then 'unknown'
        -- Without an accepted line, the channel's word.
        when contents.order_id is null and (headers.fulfilment = 'shipped' or headers.left_at is not null)
            then 'shipped'
        when contents.order_id is null and headers.fulfilment = 'partial' then 'partial'
        when contents.wanted_units = 0 then 'refunded'
        when contents.open_units = 0 and contents.shipped_units > 0 then 'shipped'
        when contents.shipped_units > 0 then 'partial'
        when contents.is_held then 'held'
        when not headers.is_released then 'pending'
        else 'open'
    end as state,
    headers.payment_state,
    headers.fulfilment_state,
    headers.payment,
    headers.payment_method,
    headers.is_cash_on_delivery,
    headers.cancelled_by,
    headers.currency,
    headers.subtotal_amount,
    headers.shipping_amount,
    headers.tax_amount,
    headers.discount_amount,
    headers.total_amount,
    headers.refunded_amount,
    headers.source,
    headers.external_order_id,
    headers.requested_date,
    headers.customer_key,
    headers.ship_country,
    headers.is_pos,
    headers.is_off_channel,
    headers.is_phone_valid,
    headers.is_address_complete,
    headers.is_test,
    headers.duplicate_of,
    headers.is_counted,
    headers.sale_reason,
    headers.ship_by_at,
    headers.source_file_id
from core.order_headers as headers
left join contents using (channel, order_id);

comment on table core.orders is 'Every order, in the newest state that any file reports.';
comment on column core.orders.channel is 'Channel by the shop file''s name';
comment on column core.orders.order_id is 'The channel''s own order id';
comment on column core.orders.order_name is 'The number people and other systems call the order by';
comment on column core.orders.platform is 'Kind of channel';
comment on column core.orders.ordered_at is 'Moment it was placed';
comment on column core.orders.business_date is 'Local date of the order in its channel''s zone';
comment on column core.orders.paid_at is 'Moment it was paid';
comment on column core.orders.shipped_at is 'Moment all of it had left: the channel''s word, else the warehouse''s; null while a part is open, or where nothing dates it';
comment on column core.orders.delivered_at is 'Moment it arrived';
comment on column core.orders.cancelled_at is 'Moment it was cancelled';
comment on column core.orders.state is 'open, partial (a part has left), held, pending (waits for its payment), shipped, cancelled, refunded (before it left), unpaid, failed, voided, expired, draft, or unknown (a word in no list)';
comment on column core.orders.payment_state is 'The channel''s own word for the payment';
comment on column core.orders.fulfilment_state is 'The channel''s own word for how far it is';
comment on column core.orders.payment is 'What that word means';
comment on column core.orders.payment_method is 'How it is paid';
comment on column core.orders.is_cash_on_delivery is 'Paid to the carrier: pending by nature';
comment on column core.orders.cancelled_by is 'buyer, seller or channel';
comment on column core.orders.currency is 'ISO 4217';
comment on column core.orders.subtotal_amount is 'Goods after discounts';
comment on column core.orders.shipping_amount is 'Shipping the buyer pays';
comment on column core.orders.tax_amount is 'Tax of the order';
comment on column core.orders.discount_amount is 'Discounts of the order';
comment on column core.orders.total_amount is 'What the buyer pays';
comment on column core.orders.refunded_amount is 'Given back so far';
comment on column core.orders.source is 'The channel''s own word for where the order came from';
comment on column core.orders.external_order_id is 'Order id at the channel that owns a synced order';
comment on column core.orders.requested_date is 'Ship date the buyer asked for';
comment on column core.orders.customer_key is 'Keyed hash of the customer';
comment on column core.orders.ship_country is 'Country of the delivery';
comment on column core.orders.is_pos is 'Sold over a counter';
comment on column core.orders.is_off_channel is 'Not this channel''s sale: fulfilled for another';
comment on column core.orders.is_phone_valid is 'A phone number that could be called; null where the channel masks it';
comment on column core.orders.is_address_complete is 'Street, city and postcode are there; null where masked';
comment on column core.orders.is_test is 'Paid through the channel''s test gateway';
comment on column core.orders.duplicate_of is 'Channel that owns the sale; null where this is the sale itself';
comment on column core.orders.is_counted is 'An order of this channel: no test, no copy, not fulfilled for another';
comment on column core.orders.sale_reason is 'sale, pending (money comes later by nature), or why its money does not count';
comment on column core.orders.ship_by_at is 'Moment by which it must have left, by the channel''s promise';
comment on column core.orders.source_file_id is 'Landed file of its newest state';
