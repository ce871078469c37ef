-- Listings whose channel's export repeats as stock what we sent the channel: counting it again would shrink it each round.
-- What a channel can sell only sinks by what it sells. Where an export shows less than that, and just what our last push
-- before it left, it repeats the push; and so do the exports after it, until one counts something else.
-- A place that the warehouse's own file counts cannot echo.
-- grain:  one row per listing (channel × channel SKU)
-- keys:   channel, channel_sku
-- inputs: core.stock_takes, core.stock_counts, core.stock_levels, core.sku_map, core.order_lines, ledger.stock_pushes,
--   settings.channels, settings.channel_locations, settings.run

create or replace table ops.stock_echo as
with

pushes as (
    select
        stock_pushes.channel,
        stock_pushes.channel_sku,
        stock_pushes.units,
        stock_pushes.pushed_at,
        channels.platform,
        coalesce(sku_map.sku, stock_pushes.channel_sku) as sku
    from ledger.stock_pushes
    inner join settings.channels using (channel)
    left join core.sku_map
        on stock_pushes.channel = sku_map.channel and stock_pushes.channel_sku = sku_map.channel_sku
    cross join settings.run
    where stock_pushes.state = 'written' and stock_pushes.pushed_at < run.as_of
),

listings as (
    select distinct
        channel,
        channel_sku,
        platform,
        sku
    from pushes
),

-- What the channel's own exports counted there.
counted as (
    select
        listings.channel,
        listings.channel_sku,
        stock_counts.location,
        stock_takes.taken_at,
        stock_counts.on_hand_units - coalesce(stock_counts.unavailable_units, 0) - stock_counts.committed_units
            as free_units
    from listings
    inner join core.stock_counts
        on
            listings.platform = stock_counts.platform
            and listings.sku = stock_counts.sku
    inner join core.stock_takes
        on
            stock_counts.file_id = stock_takes.file_id
            and stock_counts.platform = stock_takes.platform
            and stock_counts.location = stock_takes.location
            and stock_counts.snapshot_at = stock_takes.snapshot_at
    inner join settings.channel_locations
        on listings.channel = channel_locations.channel and stock_counts.location = channel_locations.location
    inner join core.stock_levels
        on
            listings.sku = stock_levels.sku
            and stock_counts.location = stock_levels.location
            and listings.platform = stock_levels.platform
    cross join settings.run
    where
        stock_counts.on_hand_units is not null
        and stock_takes.taken_at <= run.as_of
),

places as (
    select distinct
        channel,
        channel_sku,
        location
    from counted
),

exports as (
    select distinct
        channel,
        channel_sku,
        taken_at
    from counted
),

-- All places of a listing together, as they were known at each export.
takes as (
    select
        exports.channel,
        exports.channel_sku,
        exports.taken_at,
        sum(counted.free_units) as free_units
    from exports
    inner join places using (channel, channel_sku)
    asof left join counted
        on
            exports.channel = counted.channel
            and exports.channel_sku = counted.channel_sku
            and places.location = counted.location
            and exports.taken_at >= counted.taken_at
    group by exports.channel, exports.channel_sku, exports.taken_at
    having count(*) = count(counted.free_units)
),

-- Units sold there so far.
sold as (
    select
        channel,
        channel_sku,
        ordered_at,
        sum(sum(quantity_units)) over (partition by channel, channel_sku order by ordered_at asc) as sold_units
    from core.order_lines
    where not is_cancelled
    group by channel, channel_sku, ordered_at
),

-- What is free and what was sold so far: it stays the same while nothing but sales happens.
levels as (
    select
        takes.channel,
        takes.channel_sku,
        takes.taken_at,
        takes.free_units + coalesce(sold.sold_units, 0) as level_units,
        lag(takes.free_units) over export_before as before_units,
        lag(takes.free_units + coalesce(sold.sold_units, 0)) over export_before as before_level_units
    from takes
    asof left join sold
        on
            takes.channel = sold.channel
            and takes.channel_sku = sold.channel_sku
            and takes.taken_at >= sold.ordered_at
    window export_before as (partition by takes.channel, takes.channel_sku order by takes.taken_at asc)
),

-- The export since which it is as it is.
changes as (
    select *
    from levels
    where level_units is distinct from before_level_units
    qualify row_number() over (partition by channel, channel_sku order by taken_at desc) = 1
),

pushed as (
    select
        pushes.channel,
        pushes.channel_sku,
        pushes.sku,
        pushes.pushed_at,
        pushes.units,
        pushes.units + coalesce(sold.sold_units, 0) as level_units
    from pushes
    asof left join sold
        on
            pushes.channel = sold.channel
            and pushes.channel_sku = sold.channel_sku
            and pushes.pushed_at >= sold.ordered_at
)

select
    changes.channel,
    changes.channel_sku,
    pushed.sku,
    pushed.pushed_at,
    pushed.units as pushed_units,
    cast(changes.before_units as bigint) as counted_units
from changes
asof inner join pushed
    on
        changes.channel = pushed.channel
        and changes.channel_sku = pushed.channel_sku
        and changes.taken_at > pushed.pushed_at
where
    pushed.units > 0
    and pushed.level_units = changes.level_units
    and changes.level_units < changes.before_level_units;

comment on column ops.stock_echo.counted_units is 'Units its export counted before';
