-- Every order line, of the file that tells the newest state of its order.
-- grain:  one row per order line
-- keeps:  valid.order_lines by channel, order_id, line_id; same gross_amount; money gross_amount; units quantity_units;
--   leaves no_channel where channel is null;
--   leaves not_in_newest_state where exists (
--       select 1 from core.order_lines as kept where kept.channel = this.channel and kept.order_id = this.order_id
--       and kept.source_file_id <> this.file_id
--   );
--   leaves order_missing where not exists (
--       select 1 from core.orders where orders.channel = this.channel and orders.order_id = this.order_id
--   )
-- keys:   channel, order_id, line_id
-- inputs: valid.order_lines, valid.orders, core.orders, core.sku_map

create or replace table core.order_lines as
with

dated as (
    select
        order_lines.*,
        coalesce(orders.updated_at, order_lines.exported_at) as told_at,
        max(coalesce(orders.updated_at, orders.ordered_at)) over (partition by order_lines.file_id) as file_newest_at
    from valid.order_lines
    left join valid.orders
        on
            order_lines.channel = orders.channel
            and order_lines.order_id = orders.order_id
            and order_lines.file_id = orders.file_id
),

newest as (
    select
        channel,
        order_id,
        arg_max(file_id, (told_at, file_newest_at, exported_at, file_id)) as file_id
    from dated
    group by channel, order_id
)

select
    dated.channel,
    dated.order_id,
    dated.line_id,
    orders.business_date,
    orders.ordered_at,
    coalesce(sku_map.sku, dated.channel_sku) as sku,
    dated.channel_sku,
    sku_map.sku is not null as is_mapped,
    dated.title,
    dated.quantity_units,
    dated.unit_price_amount,
    dated.gross_amount,
    dated.discount_amount,
    dated.tax_amount,
    coalesce(dated.currency, orders.currency) as currency,
    coalesce(dated.is_cancelled, false) or orders.state = 'cancelled' as is_cancelled,
    coalesce(dated.is_shipped, false) or orders.shipped_at is not null as is_shipped,
    orders.is_counted,
    coalesce(dated.fulfilled_by, 'merchant') as fulfilled_by,
    dated.location,
    dated.returned_units,
    dated.file_id as source_file_id,
    dated.line_no
from dated
inner join newest using (channel, order_id, file_id)
inner join core.orders using (channel, order_id)
left join core.sku_map using (channel, channel_sku);

comment on table core.order_lines is 'Every order line, of the file that tells the newest state of its order.';
comment on column core.order_lines.channel is 'Channel by the shop file''s name';
comment on column core.order_lines.order_id is 'The channel''s own order id';
comment on column core.order_lines.line_id is 'The channel''s line id, or the ordinal within the order';
comment on column core.order_lines.business_date is 'Local date of the order in its channel''s zone';
comment on column core.order_lines.ordered_at is 'Moment it was placed';
comment on column core.order_lines.sku is 'Seller''s SKU; the channel''s own where no map names it';
comment on column core.order_lines.channel_sku is 'SKU as the channel knows it';
comment on column core.order_lines.is_mapped is 'The SKU map names the seller''s SKU of the listing';
comment on column core.order_lines.title is 'Title';
comment on column core.order_lines.quantity_units is 'Units ordered';
comment on column core.order_lines.unit_price_amount is 'Price of one unit before discounts';
comment on column core.order_lines.gross_amount is 'Units × price before discounts';
comment on column core.order_lines.discount_amount is 'Discount of this line';
comment on column core.order_lines.tax_amount is 'Tax of this line';
comment on column core.order_lines.currency is 'ISO 4217';
comment on column core.order_lines.is_cancelled is 'The line or its order was cancelled';
comment on column core.order_lines.is_shipped is 'The line or its order left';
comment on column core.order_lines.is_counted is 'Its order counts as a sale of this channel';
comment on column core.order_lines.fulfilled_by is 'merchant or amazon';
comment on column core.order_lines.location is 'Location';
comment on column core.order_lines.returned_units is 'Units returned, where the channel says it';
comment on column core.order_lines.source_file_id is 'Landed file the row was taken from';
comment on column core.order_lines.line_no is 'Line of that file, the header is 1';
