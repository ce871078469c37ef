-- Units that open orders have promised, by the place they will leave from.
-- Bundles are taken apart; an order without a place is the first of its channel's that stocks the SKU.
-- grain:  one row per SKU × location × platform
-- keys:   sku, location, platform
-- inputs: core.order_lines, core.bundles, core.stock_levels, settings.channels, settings.channel_locations,
--   settings.locations

create or replace table ops.open_demand as
with

open_lines as (
    select
        order_lines.channel,
        order_lines.fulfilled_by,
        order_lines.location,
        coalesce(bundles.component_sku, order_lines.sku) as sku,
        order_lines.open_units * coalesce(bundles.component_units, 1) as units
    from core.order_lines
    left join core.bundles on order_lines.sku = bundles.bundle_sku
    where order_lines.is_promised
),

preferred as (
    select
        channel_locations.channel,
        stock_levels.sku,
        arg_min(channel_locations.location, channel_locations.preference) as location
    from settings.channel_locations
    inner join core.stock_levels using (location)
    group by channel_locations.channel, stock_levels.sku
),

first_of_channel as (
    select
        channel,
        arg_min(location, preference) as location
    from settings.channel_locations
    group by channel
),

placed as (
    select
        open_lines.sku,
        channels.platform,
        open_lines.units,
        case
            when open_lines.fulfilled_by = 'amazon' then channels.fba_location
            else coalesce(locations.location, preferred.location, first_of_channel.location)
        end as place
    from open_lines
    inner join settings.channels using (channel)
    left join settings.locations on open_lines.location = locations.location
    left join preferred on open_lines.channel = preferred.channel and open_lines.sku = preferred.sku
    left join first_of_channel on open_lines.channel = first_of_channel.channel
)

select
    sku,
    place as location,
    platform,
    cast(sum(units) as bigint) as open_units
from placed
where place is not null
group by sku, place, platform;

comment on column ops.open_demand.open_units is 'Units promised and not shipped';
