-- Every accepted order line, cancelled and not counted ones too.
-- grain:  one row per order line
-- keeps:  core.order_lines by channel, order_id, line_id; sum gross_amount, quantity_units = quantity;
--   money gross_amount; units quantity_units
-- needs:  orders, sibling_orders, shipments, sku_map
-- keys:   shop, channel, order_id, line_id
-- by:     channel, order_id
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
    getvariable('rule_version') as rule_version,
    order_lines.source_file_id
from core.order_lines
inner join settings.channels using (channel)
cross join settings.run
left join ops.fulfilment_orders using (channel, order_id);

comment on column marts.order_lines.sku is 'Seller''s SKU; the channel''s own where the channel has no map; null where it is blank or in no map';
comment on column marts.order_lines.refunded_amount is 'Its share of what was given back of the order so far';
comment on column marts.order_lines.currency is 'ISO 4217; the channel''s where the order states none';
comment on column marts.order_lines.location is 'Where it leaves from: by the line, else by the order''s parcel or its channel''s first place';
