-- Every accepted order line, cancelled and not counted ones too.
-- grain:  one row per order line
-- keeps:  core.order_lines by channel, order_id, line_id; sum gross_amount, quantity_units = quantity;
--   money gross_amount; units quantity_units
-- keys:   shop, channel, order_id, line_id
-- inputs: core.order_lines, core.sku_map, ops.fulfilment_orders, settings.channels, settings.run

create or replace table marts.order_lines as
with

mapped_channels as (
    select distinct channel
    from core.sku_map
)

select
    run.shop,
    order_lines.channel,
    order_lines.order_id,
    order_lines.line_id,
    order_lines.business_date,
    order_lines.sku,
    order_lines.channel_sku,
    -- A channel without any map sells under the seller's own SKUs.
    order_lines.is_mapped or mapped_channels.channel is null as mapped,
    order_lines.quantity_units as quantity,
    order_lines.gross_amount,
    order_lines.discount_amount,
    cast(order_lines.gross_amount - coalesce(order_lines.discount_amount, 0) as decimal(18, 2)) as net_amount,
    coalesce(order_lines.currency, channels.currency) as currency,
    order_lines.fulfilled_by,
    coalesce(
        order_lines.location,
        case when order_lines.fulfilled_by = 'amazon' then channels.fba_location else fulfilment_orders.location end
    ) as location,
    order_lines.is_cancelled,
    order_lines.is_counted,
    '1' as rule_version,
    order_lines.source_file_id
from core.order_lines
inner join settings.channels using (channel)
cross join settings.run
left join ops.fulfilment_orders using (channel, order_id)
left join mapped_channels using (channel);

comment on table marts.order_lines is 'Every accepted order line, cancelled and not counted ones too.';
comment on column marts.order_lines.shop is 'Shop';
comment on column marts.order_lines.channel is 'Channel by the shop file''s name';
comment on column marts.order_lines.order_id is 'The channel''s own order id';
comment on column marts.order_lines.line_id is 'The channel''s line id, or the ordinal within the order';
comment on column marts.order_lines.business_date is 'Local date of the order in its channel''s zone';
comment on column marts.order_lines.sku is 'Seller''s SKU; the channel''s own where no map names it';
comment on column marts.order_lines.channel_sku is 'SKU as the channel knows it';
comment on column marts.order_lines.mapped is 'The SKU map names the seller''s SKU of the listing, or the channel has no map and needs none';
comment on column marts.order_lines.quantity is 'Units ordered';
comment on column marts.order_lines.gross_amount is 'Units × price before discounts; null where no price is told';
comment on column marts.order_lines.discount_amount is 'Discount of this line; null where the channel tells of none';
comment on column marts.order_lines.net_amount is 'Gross less discount';
comment on column marts.order_lines.currency is 'ISO 4217; the channel''s where the order does not tell';
comment on column marts.order_lines.fulfilled_by is 'merchant or amazon';
comment on column marts.order_lines.location is 'Where it leaves from: by the line, else by the order''s parcel or its channel''s first place';
comment on column marts.order_lines.is_cancelled is 'The line or its order was cancelled';
comment on column marts.order_lines.is_counted is 'Its order counts as a sale of this channel';
comment on column marts.order_lines.rule_version is 'Version of the rule that computed it';
comment on column marts.order_lines.source_file_id is 'Landed file of the line';
