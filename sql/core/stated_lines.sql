-- Every order line as its channel states it, of the file that reports the newest state of its order, with the
-- seller's SKU and the meaning of its words.
-- grain:  one row per order line
-- keeps:  valid.order_lines by channel, order_id, line_id; same gross_amount; money gross_amount; units quantity_units;
--   leaves no_channel where channel is null;
--   leaves not_in_newest_state where exists (
--       select 1 from core.stated_lines as kept where kept.channel = this.channel and kept.order_id = this.order_id
--       and kept.source_file_id <> this.file_id
--   );
--   leaves order_missing where not exists (
--       select 1 from core.order_headers as headers
--       where headers.channel = this.channel and headers.order_id = this.order_id
--   )
-- keys:   channel, order_id, line_id
-- inputs: valid.order_lines, valid.orders, core.order_headers, core.sku_map, core.word_meanings, settings.channels

create or replace table core.stated_lines as
with

dated as (
    select
        order_lines.*,
        orders.updated_at,
        max(greatest(orders.ordered_at, orders.updated_at, orders.paid_at, orders.shipped_at, orders.cancelled_at))
            over (partition by order_lines.file_id) as file_newest_at
    from valid.order_lines
    left join valid.orders
        on
            order_lines.channel = orders.channel
            and order_lines.order_id = orders.order_id
            and order_lines.file_id = orders.file_id
),

-- The file of the order's newest state, where it has lines; else the newest that has.
newest as (
    select
        dated.channel,
        dated.order_id,
        arg_max(
            dated.file_id,
            (
                dated.file_id = headers.source_file_id, coalesce(dated.updated_at, dated.file_newest_at),
                dated.file_newest_at, dated.exported_at, dated.file_id
            )
        ) as file_id
    from dated
    inner join core.order_headers as headers using (channel, order_id)
    group by dated.channel, dated.order_id
),

mapped_channels as (
    select distinct channel from core.sku_map
),

named as (
    select
        dated.* exclude (channel_sku),
        coalesce(dated.channel_sku, case when channels.are_titles_skus then dated.title end) as channel_sku
    from dated
    inner join settings.channels using (channel)
)

select
    dated.channel,
    dated.order_id,
    dated.line_id,
    -- A channel without any map sells under the seller's own SKUs.
    case when mapped_channels.channel is not null then sku_map.sku else dated.channel_sku end as sku,
    dated.channel_sku,
    dated.title,
    coalesce(dated.quantity_units, 0) as ordered_units,
    dated.removed_units,
    dated.current_units,
    dated.open_units,
    dated.shipped_units,
    dated.returned_units,
    dated.unit_price_amount,
    dated.gross_amount,
    dated.discount_amount,
    dated.tax_amount,
    coalesce(dated.currency, headers.currency) as currency,
    case when dated.fulfilment_state is null then 'unstated' else line_words.meaning end as fulfilment,
    case when dated.fulfilled_by is null then 'merchant' else shippers.meaning end as fulfilled_by,
    coalesce(kinds.meaning, 'normal') as kind,
    coalesce(dated.needs_shipping, true) as needs_shipping,
    nullif(concat_ws(
        ', ',
        case when line_words.meaning = 'unknown' then dated.fulfilment_state end,
        case when shippers.meaning = 'unknown' then dated.fulfilled_by end,
        case when kinds.meaning = 'unknown' then dated.kind end
    ), '') as unknown_words,
    dated.location,
    -- The last second of the day that the buyer asked for this line.
    case
        when channels.by_requested_date
            then timezone(
                channels.sla_timezone, cast(dated.requested_date as timestamp) + interval 1 day - interval 1 second
            )
    end as own_ship_by_at,
    dated.file_id as source_file_id,
    dated.line_no
from named as dated
inner join newest using (channel, order_id, file_id)
inner join core.order_headers as headers using (channel, order_id)
inner join settings.channels using (channel)
left join mapped_channels using (channel)
left join core.sku_map on dated.channel = sku_map.channel and dated.channel_sku = sku_map.channel_sku
left join core.word_meanings as line_words
    on
        channels.platform = line_words.platform and line_words.axis = 'fulfilment'
        and dated.fulfilment_state = line_words.word
left join core.word_meanings as shippers
    on
        channels.platform = shippers.platform and shippers.axis = 'shipper'
        and dated.fulfilled_by = shippers.word
left join core.word_meanings as kinds
    on channels.platform = kinds.platform and kinds.axis = 'kind' and dated.kind = kinds.word;

comment on column core.stated_lines.sku is 'Seller''s SKU; the channel''s own where the channel has no map; null where it is blank or in no map';
comment on column core.stated_lines.open_units is 'Units not yet shipped, where the channel states it';
comment on column core.stated_lines.discount_amount is 'Discount of this line alone';
comment on column core.stated_lines.tax_amount is 'Tax of this line alone';
comment on column core.stated_lines.location is 'Location it ships from, where the channel states it';
