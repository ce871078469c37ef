-- What left a place after its stock was counted: shipped, or sold over its counter. The count still has these units,
-- and no open order holds them any more. Where the parcels name SKUs, what is in those that left later; else all that
-- the order shipped, if it left later. A figure that is what its platform has available is net of the orders that it
-- knew. What would leave less than open orders wait for had come after the count, too, and a count that is stale is no
-- figure to take it off. Of an order that an app copied into a platform the copy is shown apart: the platform had it
-- promised by the count.
-- grain:  one row per SKU × location × platform
-- keys:   sku, location, platform
-- inputs: core.order_lines, core.order_headers, core.shipments, core.order_parcels, core.bundles, core.stock_levels,
--   core.stock_figures, ops.open_demand, settings.channels, settings.channel_locations, settings.run, settings.stock

create or replace table ops.left_since_count as
with

counts as (
    select
        stock_levels.sku,
        stock_levels.location,
        stock_levels.snapshot_at,
        greatest(stock_levels.on_hand_units - coalesce(stock_levels.unavailable_units, 0), 0) as fit_units,
        if(coalesce(stock_figures.is_available_only, false), stock_levels.platform, '') as net_platform
    from core.stock_levels
    left join core.stock_figures using (sku, location, platform)
    cross join settings.run
    cross join settings.stock
    where date_diff('second', stock_levels.snapshot_at, run.as_of) <= stock.stale_hours * 3600
),

-- Of the orders that left since the oldest count, their lines by SKU.
lines as (
    select
        order_lines.channel,
        order_lines.order_id,
        order_lines.sku,
        order_lines.channel_sku,
        order_lines.due_reason = 'over_the_counter' as is_counter,
        order_lines.due_reason = 'copy' as is_copy,
        min(order_lines.location) as location,
        min(order_lines.ordered_at) as ordered_at,
        min(headers.left_at) as left_at,
        sum(
            if(
                order_lines.due_reason = 'over_the_counter',
                order_lines.quantity_units - order_lines.removed_units - order_lines.cancelled_units,
                order_lines.shipped_units
            )
        ) as units
    from core.order_lines
    inner join core.order_headers as headers using (channel, order_id)
    where
        order_lines.sku is not null
        and (
            (order_lines.is_to_ship or order_lines.due_reason = 'copy') and order_lines.shipped_units > 0
            or order_lines.due_reason = 'over_the_counter'
        )
        and coalesce(headers.left_at, headers.ordered_at) > (select min(counts.snapshot_at) from counts)
    group by all
),

parts as (
    select
        lines.* exclude (sku, units),
        coalesce(bundles.component_sku, lines.sku) as sku,
        lines.sku as sold_sku,
        coalesce(bundles.component_units, 1) as component_units,
        lines.units
    from lines
    left join core.bundles on lines.sku = bundles.bundle_sku
),

-- The first place of the channel that stocks it, for what does not say where it left from.
preferred as (
    select
        channel_locations.channel,
        counts.sku,
        arg_min(channel_locations.location, channel_locations.preference) as location
    from settings.channel_locations
    inner join counts using (location)
    group by channel_locations.channel, counts.sku
),

placed as (
    select
        parts.channel,
        parts.order_id,
        parts.sku,
        parts.sold_sku,
        parts.channel_sku,
        parts.component_units,
        parts.units,
        parts.is_copy,
        parts.ordered_at,
        if(parts.is_counter, parts.ordered_at, parts.left_at) as left_at,
        channels.platform,
        counts.location,
        counts.snapshot_at,
        counts.fit_units
    from parts
    inner join settings.channels using (channel)
    left join core.order_parcels using (channel, order_id)
    left join preferred on parts.channel = preferred.channel and parts.sku = preferred.sku
    inner join counts
        on
            parts.sku = counts.sku
            and coalesce(parts.location, order_parcels.location, preferred.location) = counts.location
    where not (counts.net_platform = channels.platform and parts.ordered_at <= counts.snapshot_at)
),

gone as (
    select
        placed.sku,
        placed.location,
        placed.platform,
        placed.fit_units,
        placed.is_copy,
        placed.component_units * case
            when count(shipments.sku) > 0
                then least(
                    placed.units,
                    coalesce(sum(shipments.shipped_units) filter (where shipments.shipped_at > placed.snapshot_at), 0)
                )
            when placed.left_at > placed.snapshot_at then placed.units
            else 0
        end as units
    from placed
    left join core.shipments
        on
            placed.channel = shipments.channel
            and placed.order_id = shipments.order_id
            and shipments.sku in (placed.channel_sku, placed.sold_sku)
            and shipments.shipped_units is not null
    group by
        placed.channel, placed.order_id, placed.sku, placed.sold_sku, placed.channel_sku, placed.location,
        placed.platform, placed.fit_units, placed.component_units, placed.units, placed.is_copy, placed.left_at,
        placed.snapshot_at
),

by_platform as (
    select
        sku,
        location,
        platform,
        any_value(fit_units) as fit_units,
        coalesce(sum(units) filter (where not is_copy), 0) as units,
        coalesce(sum(units) filter (where is_copy), 0) as copied_units
    from gone
    group by sku, location, platform
),

waiting as (
    select
        sku,
        location,
        sum(open_units) as units
    from ops.open_demand
    group by sku, location
),

capped as (
    select
        by_platform.sku,
        by_platform.location,
        by_platform.platform,
        by_platform.copied_units,
        greatest(least(
            by_platform.units,
            by_platform.fit_units - coalesce(waiting.units, 0) - coalesce(sum(by_platform.units) over (
                partition by by_platform.sku, by_platform.location order by by_platform.platform
                rows between unbounded preceding and 1 preceding
            ), 0)
        ), 0) as units
    from by_platform
    left join waiting using (sku, location)
)

select
    sku,
    location,
    platform,
    cast(units as bigint) as left_units,
    cast(copied_units as bigint) as copied_units
from capped
where units > 0 or copied_units > 0;

comment on column ops.left_since_count.copied_units is 'Units of orders that the platform has a copy of, which left since; they are counted where they were sold';
