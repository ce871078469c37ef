-- Lines sold for nothing.
-- An order that is still pending at the channel has no price yet.
-- grain:  one row per order line
-- keys:   type, subject_kind, subject_id
-- inputs: core.order_lines, core.orders

create or replace table checks.finding_order_lines as
select
    'zero_price_line' as type,
    'order_line' as subject_kind,
    order_lines.channel || '/' || order_lines.order_id || '/' || order_lines.line_id as subject_id,
    order_lines.channel,
    order_lines.order_id,
    order_lines.quantity_units || ' × '
    || coalesce(order_lines.sku, order_lines.channel_sku, order_lines.title, 'a line without SKU')
    || ' at a price of 0' as evidence,
    cast(0 as decimal(18, 2)) as amount_at_stake,
    order_lines.currency
from core.order_lines
inner join core.orders using (channel, order_id)
where
    order_lines.is_sale
    and order_lines.demand_reason not in ('part_of_bundle', 'replacement', 'needs_no_shipping')
    and orders.state != 'pending'
    and order_lines.quantity_units > 0
    and order_lines.gross_amount = 0;
