-- Every order line: its quantities, its money, and the four verdicts that every mart, KPI, decision and pick list
-- reads. Each verdict has its reason in a column next to it.
--   is a sale     its money counts: no test, no copy, not cancelled, not unpaid, failed, voided or expired. Money that
--                 comes later by nature (cash on delivery, a marketplace's Pending) counts with the reason `pending`.
--   is demand     what replenishment learns from: a sale, less units removed, cancelled or refunded before they left,
--                 free replacements, what needs no shipping, and a bundle's parts that a plugin lists with it.
--   is promised   it holds stock: open, a sale, its SKU known, and not sent from somebody else's stock.
--   is to ship    the shop itself has to send it, or has sent it; by `ship_by_at`.
-- grain:  one row per order line
-- keeps:  core.stated_lines by channel, order_id, line_id; same gross_amount; money gross_amount; units ordered_units
-- keys:   channel, order_id, line_id
-- by:     channel, order_id
-- inputs: core.stated_lines, core.line_units, core.line_money, core.order_headers, core.lines_sent_elsewhere,
--   core.bundles

create or replace table core.order_lines as
with

lines as (
    select
        stated.* exclude (
            ordered_units, removed_units, current_units, open_units, shipped_units, gross_amount, discount_amount,
            tax_amount, currency, fulfilment, needs_shipping, own_ship_by_at
        ),
        units.* exclude (channel, order_id, line_id),
        money.* exclude (channel, order_id, line_id),
        headers.business_date,
        headers.ordered_at,
        coalesce(stated.own_ship_by_at, headers.ship_by_at) as ship_by_at,
        headers.order_name,
        headers.external_order_id,
        headers.is_counted,
        headers.is_pos,
        headers.is_off_channel,
        headers.is_released,
        case
            when headers.sale_reason not in ('sale', 'pending') then headers.sale_reason
            when units.is_cancelled then 'cancelled'
            when 'unknown' in (stated.fulfilment, stated.fulfilled_by, stated.kind) then 'unknown_word'
            else headers.sale_reason
        end as sale_reason,
        units.ordered_units - units.removed_units - units.cancelled_units as wanted_units,
        coalesce(units.closed_reason, case when units.removed_units > 0 then 'removed' else 'nothing_ordered' end)
            as unwanted_reason,
        stated.needs_shipping and 'not_needed' not in (stated.fulfilment, headers.fulfilment) as is_shippable,
        case
            when stated.fulfilment in ('held', 'scheduled', 'preorder') then stated.fulfilment
            when headers.fulfilment in ('held', 'scheduled', 'preorder') then headers.fulfilment
            when stated.kind = 'preorder' then 'preorder'
        end as hold
    from core.stated_lines as stated
    inner join core.line_units as units using (channel, order_id, line_id)
    inner join core.line_money as money using (channel, order_id, line_id)
    inner join core.order_headers as headers using (channel, order_id)
),

-- A plugin lists a bundle's parts with it, for nothing: the bundle alone counts.
bundle_parts as (
    select
        lines.channel,
        lines.order_id,
        bundles.component_sku as sku,
        sum(lines.ordered_units * bundles.component_units) as units
    from lines
    inner join core.bundles on lines.sku = bundles.bundle_sku
    group by lines.channel, lines.order_id, bundles.component_sku
),

known as (
    select
        lines.*,
        sent.line_id is not null as is_sent_elsewhere,
        coalesce(lines.gross_amount = 0 and bundle_parts.units >= lines.ordered_units, false) as is_bundle_part
    from lines
    left join core.lines_sent_elsewhere as sent using (channel, order_id, line_id)
    left join bundle_parts using (channel, order_id, sku)
),

judged as (
    select
        *,
        case
            when sale_reason not in ('sale', 'pending') then sale_reason
            when kind = 'replacement' then 'replacement'
            when not is_shippable then 'needs_no_shipping'
            when is_bundle_part then 'part_of_bundle'
            when sku is null then 'unknown_sku'
            when wanted_units <= 0 then unwanted_reason
            else 'demand'
        end as demand_reason,
        case
            -- What Amazon ships for another channel holds Amazon's stock, though its money counts there.
            when sale_reason not in ('sale', 'pending', 'other_channel') then sale_reason
            when not is_shippable then 'needs_no_shipping'
            when is_pos then 'over_the_counter'
            when is_bundle_part then 'part_of_bundle'
            when is_sent_elsewhere then 'shipped_elsewhere'
            when fulfilled_by = 'platform' then 'shipped_by_platform'
            when sku is null then 'unknown_sku'
            when open_units <= 0 then 'nothing_open'
            else 'promised'
        end as promise_reason,
        case
            when sale_reason not in ('sale', 'pending') then sale_reason
            when not is_shippable then 'needs_no_shipping'
            when fulfilled_by <> 'merchant' then 'shipped_by_channel'
            when is_pos then 'over_the_counter'
            when is_bundle_part then 'part_of_bundle'
            when is_sent_elsewhere then 'shipped_elsewhere'
            when wanted_units <= 0 then unwanted_reason
            when open_units = 0 then 'to_ship'
            when hold is not null then hold
            when not is_released then 'not_paid'
            else 'to_ship'
        end as due_reason
    from known
)

select
    channel,
    order_id,
    line_id,
    business_date,
    ordered_at,
    sku,
    channel_sku,
    sku is not null as is_mapped,
    title,
    ordered_units as quantity_units,
    removed_units,
    cancelled_units,
    shipped_units,
    returned_units,
    open_units,
    unit_price_amount,
    gross_amount,
    discount_amount,
    tax_amount,
    is_tax_included,
    net_amount,
    refunded_amount,
    currency,
    is_cancelled,
    open_units = 0 and shipped_units > 0 as is_shipped,
    is_counted,
    sale_reason in ('sale', 'pending') as is_sale,
    sale_reason,
    demand_reason = 'demand' as is_demand,
    demand_reason,
    case when demand_reason = 'demand' then wanted_units else 0 end as demand_units,
    promise_reason = 'promised' as is_promised,
    promise_reason,
    due_reason = 'to_ship' as is_to_ship,
    due_reason,
    ship_by_at,
    fulfilled_by,
    kind,
    location,
    source_file_id,
    line_no
from judged;

comment on column core.order_lines.sku is 'Seller''s SKU; the channel''s own where the channel has no map; null where it is blank or in no map';
comment on column core.order_lines.refunded_amount is 'Its share of what was given back of the order so far';
comment on column core.order_lines.location is 'Location it ships from, where the channel states it';
