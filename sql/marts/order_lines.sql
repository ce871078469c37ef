-- Every accepted order line, cancelled and not counted ones too.
-- grain:  one row per order line
-- keeps:  core.order_lines by channel, order_id, line_id; sum gross_amount, quantity_units = quantity;
--   money gross_amount; units quantity_units
-- needs:  orders, sibling_orders, shipments, sku_map
-- keys:   shop, channel, order_id, line_id
-- inputs: core.order_lines, ops.fulfilment_orders, settings.channels, settings.run

create or replace table marts.order_lines as
select
    run.shop,
    order_lines.channel,
    order_lines.order_id,
    order_lines.line_id,
    order_lines.business_date,
    order_lines.sku,
    order_lines.channel_sku,
    order_lines.is_mapped as mapped,
    order_lines.quantity_units as quantity,
    order_lines.removed_units,
    order_lines.cancelled_units,
    order_lines.shipped_units,
    order_lines.returned_units,
    order_lines.open_units,
    order_lines.gross_amount,
    order_lines.discount_amount,
    order_lines.net_amount,
    order_lines.tax_amount,
    order_lines.is_tax_included,
    order_lines.refunded_amount,
    coalesce(order_lines.currency, channels.currency) as currency,
    order_lines.fulfilled_by,
    coalesce(
        order_lines.location,
        case when order_lines.fulfilled_by = 'amazon' then channels.fba_location else fulfilment_orders.location end
    ) as location,
    order_lines.is_cancelled,
    order_lines.is_counted,
    order_lines.is_sale,
    order_lines.sale_reason,
    order_lines.is_demand,
    order_lines.demand_reason,
    order_lines.is_promised,
    order_lines.promise_reason,
    order_lines.is_to_ship,
    order_lines.due_reason,
    order_lines.ship_by_at,
    '1' as rule_version,
    order_lines.source_file_id
from core.order_lines
inner join settings.channels using (channel)
cross join settings.run
left join ops.fulfilment_orders using (channel, order_id);

comment on table marts.order_lines is 'Every accepted order line, cancelled and not counted ones too.';
comment on column marts.order_lines.shop is 'Shop';
comment on column marts.order_lines.channel is 'Channel by the shop file''s name';
comment on column marts.order_lines.order_id is 'The channel''s own order id';
comment on column marts.order_lines.line_id is 'The channel''s line id, or the ordinal within the order';
comment on column marts.order_lines.business_date is 'Local date of the order in its channel''s zone';
comment on column marts.order_lines.sku is 'Seller''s SKU; the channel''s own where the channel has no map; null where it is blank or in no map';
comment on column marts.order_lines.channel_sku is 'SKU as the channel knows it';
comment on column marts.order_lines.mapped is 'The seller''s SKU is known';
comment on column marts.order_lines.quantity is 'Units ordered';
comment on column marts.order_lines.removed_units is 'Edited out of the order before they left';
comment on column marts.order_lines.cancelled_units is 'Cancelled, refunded or put back into stock before they left';
comment on column marts.order_lines.shipped_units is 'Units that left';
comment on column marts.order_lines.returned_units is 'Units returned, where the channel says it';
comment on column marts.order_lines.open_units is 'Units still to leave';
comment on column marts.order_lines.gross_amount is 'Units × price before discounts; null where no price is stated';
comment on column marts.order_lines.discount_amount is 'Discount of this line, with its share of the order''s';
comment on column marts.order_lines.net_amount is 'Gross less discounts, without tax; null where the tax within it is not stated';
comment on column marts.order_lines.tax_amount is 'Tax of this line, or its share of the order''s';
comment on column marts.order_lines.is_tax_included is 'Its price contains the tax';
comment on column marts.order_lines.refunded_amount is 'Its share of what was given back of the order so far';
comment on column marts.order_lines.currency is 'ISO 4217; the channel''s where the order does not say';
comment on column marts.order_lines.fulfilled_by is 'merchant, amazon or platform; unknown where the word is in no list';
comment on column marts.order_lines.location is 'Where it leaves from: by the line, else by the order''s parcel or its channel''s first place';
comment on column marts.order_lines.is_cancelled is 'The line or its order was cancelled';
comment on column marts.order_lines.is_counted is 'Its order is one of this channel: no test, no copy, not fulfilled for another';
comment on column marts.order_lines.is_sale is 'Its money counts';
comment on column marts.order_lines.sale_reason is 'sale, pending (money comes later by nature), or why not: test, copy, other_channel, cancelled, unpaid, failed, voided, expired, draft, unknown_word';
comment on column marts.order_lines.is_demand is 'Replenishment learns from it';
comment on column marts.order_lines.demand_reason is 'demand, or why not';
comment on column marts.order_lines.is_promised is 'It holds stock';
comment on column marts.order_lines.promise_reason is 'promised, or why not';
comment on column marts.order_lines.is_to_ship is 'The shop itself has to send it now, or has sent it';
comment on column marts.order_lines.due_reason is 'to_ship, or why it is not to be sent: held, scheduled, preorder, not_paid, needs_no_shipping, shipped_by_channel …';
comment on column marts.order_lines.ship_by_at is 'Moment by which it must have left';
comment on column marts.order_lines.rule_version is 'Version of the rule that computed it';
comment on column marts.order_lines.source_file_id is 'Landed file of the line';
