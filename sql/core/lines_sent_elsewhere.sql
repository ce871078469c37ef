-- Order lines that another channel's stock network ships for us, by SKU; where the SKU is unknown there, any line of
-- the order. What it has cancelled it does not ship: that waits for us again.
-- grain:  one row per order line
-- keys:   channel, order_id, line_id
-- inputs: core.order_sources, core.stated_lines, core.line_units, core.order_headers, core.order_refs

create or replace table core.lines_sent_elsewhere as
with

sent as (
    select distinct
        headers.external_order_id as order_ref,
        lines.sku
    from core.order_headers as headers
    inner join core.stated_lines as lines using (channel, order_id)
    inner join core.line_units as units using (channel, order_id, line_id)
    where headers.is_off_channel and headers.external_order_id is not null and not units.is_cancelled
)

select distinct
    lines.channel,
    lines.order_id,
    lines.line_id
from core.order_sources as sources
inner join core.stated_lines as lines using (channel, order_id)
inner join core.order_refs as refs on sources.channel = refs.channel and sources.order_id = refs.order_id
inner join sent on refs.order_ref = sent.order_ref and coalesce(lines.sku = sent.sku, true)
where sources.is_released_elsewhere;
