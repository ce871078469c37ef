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
-- by:     channel, order_id
-- inputs: valid.order_lines, core.order_sources, core.order_headers, core.sku_map, core.word_meanings, settings.channels

create or replace table core.stated_lines as
with

mapped_channels as (
    select distinct channel from core.sku_map
),

named as (
    select
        lines.* exclude (channel_sku),
        coalesce(lines.channel_sku, case when channels.are_titles_skus then lines.title end) as channel_sku
    from valid.order_lines as lines
    inner join settings.channels using (channel)
)

select
    named.channel,
    named.order_id,
    named.line_id,
    -- A channel without any map sells under the seller's own SKUs.
    case when mapped_channels.channel is not null then sku_map.sku else named.channel_sku end as sku,
    named.channel_sku,
    named.title,
    coalesce(named.quantity_units, 0) as ordered_units,
    named.removed_units,
    named.current_units,
    named.open_units,
    named.shipped_units,
    named.returned_units,
    named.unit_price_amount,
    named.gross_amount,
    named.discount_amount,
    named.tax_amount,
    coalesce(named.currency, headers.currency) as currency,
    case when named.fulfilment_state is null then 'unstated' else line_words.meaning end as fulfilment,
    case when named.fulfilled_by is null then 'merchant' else shippers.meaning end as fulfilled_by,
    coalesce(kinds.meaning, 'normal') as kind,
    coalesce(named.needs_shipping, true) as needs_shipping,
    nullif(concat_ws(
        ', ',
        case when line_words.meaning = 'unknown' then named.fulfilment_state end,
        case when shippers.meaning = 'unknown' then named.fulfilled_by end,
        case when kinds.meaning = 'unknown' then named.kind end
    ), '') as unknown_words,
    named.location,
    -- The last second of the day that the buyer asked for this line.
    case
        when channels.by_requested_date
            then timezone(
                channels.sla_timezone, cast(named.requested_date as timestamp) + interval 1 day - interval 1 second
            )
    end as own_ship_by_at,
    named.file_id as source_file_id,
    named.line_no
from named
inner join core.order_sources as sources using (channel, order_id)
inner join core.order_headers as headers using (channel, order_id)
inner join settings.channels using (channel)
left join mapped_channels using (channel)
left join core.sku_map on named.channel = sku_map.channel and named.channel_sku = sku_map.channel_sku
left join core.word_meanings as line_words
    on
        channels.platform = line_words.platform and line_words.axis = 'fulfilment'
        and named.fulfilment_state = line_words.word
left join core.word_meanings as shippers
    on
        channels.platform = shippers.platform and shippers.axis = 'shipper'
        and named.fulfilled_by = shippers.word
left join core.word_meanings as kinds
    on channels.platform = kinds.platform and kinds.axis = 'kind' and named.kind = kinds.word
where named.file_id = sources.lines_file_id;

comment on column core.stated_lines.sku is 'Seller''s SKU; the channel''s own where the channel has no map; null where it is blank or in no map';
comment on column core.stated_lines.open_units is 'Units not yet shipped, where the channel states it';
comment on column core.stated_lines.discount_amount is 'Discount of this line alone';
comment on column core.stated_lines.tax_amount is 'Tax of this line alone';
comment on column core.stated_lines.location is 'Location it ships from, where the channel states it';
