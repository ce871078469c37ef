-- Listings whose channel's export repeats as stock what we sent the channel: counting it again would shrink it each round.
-- Before the push more was counted, nothing was sold that explains the fall, and the next export says our own number.
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
    qualify row_number() over (
        partition by stock_pushes.channel, stock_pushes.channel_sku order by stock_pushes.pushed_at desc
    ) = 1
),

-- What the channel's own export counted there, before the push and since.
counted as (
    select
        pushes.channel,
        pushes.channel_sku,
        stock_counts.location,
        stock_takes.taken_at,
        stock_takes.taken_at > pushes.pushed_at as is_after,
        stock_counts.on_hand_units - stock_counts.unavailable_units - stock_counts.committed_units as free_units
    from pushes
    inner join core.stock_counts
        on
            pushes.platform = stock_counts.platform
            and pushes.sku = stock_counts.sku
    inner join core.stock_takes
        on
            stock_counts.file_id = stock_takes.file_id
            and stock_counts.platform = stock_takes.platform
            and stock_counts.location = stock_takes.location
            and stock_counts.snapshot_at = stock_takes.snapshot_at
    inner join settings.channel_locations
        on pushes.channel = channel_locations.channel and stock_counts.location = channel_locations.location
    inner join core.stock_levels
        on
            pushes.sku = stock_levels.sku
            and stock_counts.location = stock_levels.location
            and pushes.platform = stock_levels.platform
    cross join settings.run
    where
        stock_counts.on_hand_units is not null
        and stock_takes.taken_at <= run.as_of
),

places as (
    select
        channel,
        channel_sku,
        location,
        arg_max(free_units, taken_at) filter (where not is_after) as before_units,
        arg_max(free_units, taken_at) filter (where is_after) as after_units,
        max(taken_at) filter (where not is_after) as before_at,
        max(taken_at) filter (where is_after) as after_at
    from counted
    group by channel, channel_sku, location
),

listings as (
    select
        channel,
        channel_sku,
        sum(before_units) as before_units,
        sum(after_units) as after_units,
        min(before_at) as before_at,
        max(after_at) as after_at
    from places
    group by channel, channel_sku
    having count(*) = count(before_units) and count(*) = count(after_units)
),

sold as (
    select
        listings.channel,
        listings.channel_sku,
        coalesce(sum(order_lines.quantity_units) filter (where order_lines.ordered_at <= pushes.pushed_at), 0)
            as sold_before_units,
        coalesce(sum(order_lines.quantity_units) filter (where order_lines.ordered_at > pushes.pushed_at), 0)
            as sold_since_units
    from listings
    inner join pushes using (channel, channel_sku)
    left join core.order_lines
        on
            listings.channel = order_lines.channel
            and listings.channel_sku = order_lines.channel_sku
            and listings.before_at < order_lines.ordered_at
            and listings.after_at >= order_lines.ordered_at
            and not order_lines.is_cancelled
    group by listings.channel, listings.channel_sku
)

select
    pushes.channel,
    pushes.channel_sku,
    pushes.sku,
    pushes.pushed_at,
    pushes.units as pushed_units,
    cast(listings.before_units as bigint) as counted_units
from pushes
inner join listings using (channel, channel_sku)
inner join sold using (channel, channel_sku)
where
    pushes.units > 0
    and pushes.units < listings.before_units - sold.sold_before_units
    and listings.after_units = pushes.units - sold.sold_since_units
    and listings.after_units < listings.before_units - sold.sold_before_units - sold.sold_since_units;

comment on column ops.stock_echo.counted_units is 'Units its export counted before';
