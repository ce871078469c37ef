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

-- Which files have lines of an order. Its lines are those of the file of its newest state; where that has none, those
-- of the newest that has.
reports as (
    select
        channel,
        order_id,
        file_id,
        max(exported_at) as exported_at
    from valid.order_lines
    where channel is not null and order_id is not null
    group by channel, order_id, file_id
),

elsewhere as (
    select
        reports.channel,
        reports.order_id
    from reports
    inner join core.order_headers as headers using (channel, order_id)
    group by reports.channel, reports.order_id
    having not bool_or(reports.file_id = headers.source_file_id)
),

elsewhere_files as (
    select distinct reports.file_id
    from reports
    semi join elsewhere using (channel, order_id)
),

-- The newest event that a file knows of the orders of which it has lines.
files as (
    select
        orders.file_id,
        max(greatest(orders.ordered_at, orders.updated_at, orders.paid_at, orders.shipped_at, orders.cancelled_at))
            as newest_at
    from valid.orders as orders
    semi join reports using (channel, order_id, file_id)
    semi join elsewhere_files using (file_id)
    group by orders.file_id
),

newest_elsewhere as (
    select
        reports.channel,
        reports.order_id,
        reports.file_id
    from reports
    semi join elsewhere using (channel, order_id)
    left join valid.orders using (channel, order_id, file_id)
    left join files using (file_id)
    qualify row_number() over (
        partition by reports.channel, reports.order_id
        order by
            coalesce(orders.updated_at, files.newest_at) desc, files.newest_at desc, reports.exported_at desc,
            reports.file_id desc
    ) = 1
),

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
inner join core.order_headers as headers using (channel, order_id)
left join newest_elsewhere using (channel, order_id)
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
where named.file_id = coalesce(newest_elsewhere.file_id, headers.source_file_id);

comment on column core.stated_lines.sku is 'Seller''s SKU; the channel''s own where the channel has no map; null where it is blank or in no map';
comment on column core.stated_lines.open_units is 'Units not yet shipped, where the channel states it';
comment on column core.stated_lines.discount_amount is 'Discount of this line alone';
comment on column core.stated_lines.tax_amount is 'Tax of this line alone';
comment on column core.stated_lines.location is 'Location it ships from, where the channel states it';
