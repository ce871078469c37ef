-- Every order, in the newest state that any file reports; its state follows from its lines.
-- grain:  one row per order
-- keeps:  core.order_headers by channel, order_id; same total_amount; money total_amount
-- keys:   channel, order_id
-- by:     channel, order_id
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
        -- The first that still waits, else the last.
        coalesce(min(ship_by_at) filter (where is_to_ship and open_units > 0), max(ship_by_at)) as ship_by_at,
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
    headers.funded_discount_amount,
    headers.total_amount,
    headers.refunded_amount,
    headers.outstanding_amount,
    headers.source,
    headers.external_order_id,
    headers.requested_date,
    headers.customer_key,
    headers.ship_country,
    headers.ship_region,
    headers.is_pos,
    headers.is_off_channel,
    headers.bill_country,
    headers.is_billed_elsewhere,
    headers.has_phone,
    headers.is_phone_valid,
    headers.phone_key,
    headers.missing_address_fields,
    headers.is_address_complete,
    headers.address_key,
    headers.shipping_method,
    headers.risk,
    headers.invoice_number,
    headers.is_test,
    headers.duplicate_of,
    headers.is_counted,
    headers.sale_reason,
    coalesce(contents.ship_by_at, headers.ship_by_at) as ship_by_at,
    headers.source_file_id
from core.order_headers as headers
left join contents using (channel, order_id);

comment on column core.orders.shipped_at is 'Moment all of it had left: the channel''s word, else the warehouse''s; null while a part is open, or where nothing dates it';
comment on column core.orders.tax_amount is 'Tax of the order';
comment on column core.orders.discount_amount is 'Discounts of the order';
comment on column core.orders.source_file_id is 'Landed file of its newest state';
