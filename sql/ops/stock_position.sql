-- What there is, what is promised and what is left, by place. Promised is, of each platform and SKU over all its
-- places, the larger of our own count and the channel's: where the channel says for what it counts, where our orders
-- are for what only we know. The same unit is never held at two places. An order that an app copied into a platform is
-- committed there as well: it is held once, by the channel that owns it. Where the figure of a place is what its
-- platform has available, what that platform had promised by then is taken off. What left after the place was counted
-- is still in its count, and in the channel's promises of that moment: it is held with what is open, and shown apart.
-- What no file counts is unknown, not 0. Amazon's own places are a pool apart: its count says nothing of the others.
-- grain:  one row per SKU × location
-- keeps:  core.stock_levels by sku, location; sum on_hand_units; units on_hand_units
-- keys:   sku, location
-- inputs: core.stock_levels, core.stock_figures, core.order_lines, core.orders, core.bundles, ops.open_demand,
--   ops.open_lines, ops.left_since_count, settings.channels, settings.synced_sources, settings.locations,
--   settings.run, settings.stock

create or replace table ops.stock_position as
with

taken_off as (
    select
        open_lines.sku,
        open_lines.platform,
        open_lines.location,
        sum(open_lines.open_units) as units
    from ops.open_lines
    inner join core.stock_levels using (sku, platform, location)
    inner join core.stock_figures using (sku, platform, location)
    where
        open_lines.is_promised
        and stock_figures.is_available_only
        and open_lines.ordered_at <= stock_figures.snapshot_at
    group by open_lines.sku, open_lines.platform, open_lines.location
),

-- From where each platform has copies; of several, the first by name.
synced as (
    select
        channels.platform,
        min(owners.platform) as owner_platform
    from settings.synced_sources
    inner join settings.channels using (channel)
    inner join settings.channels as owners on synced_sources.owner_channel = owners.channel
    group by channels.platform
),

copies as (
    select
        coalesce(bundles.component_sku, order_lines.sku) as sku,
        channels.platform,
        owners.platform as owner_platform,
        order_lines.open_units * coalesce(bundles.component_units, 1) as units
    from core.order_lines
    inner join core.orders using (channel, order_id)
    inner join settings.channels using (channel)
    inner join settings.channels as owners on orders.duplicate_of = owners.channel
    left join core.bundles on order_lines.sku = bundles.bundle_sku
    where order_lines.sale_reason = 'copy' and order_lines.open_units > 0
    union all
    -- What has left of a copy was promised there by the count.
    select
        left_since.sku,
        left_since.platform,
        synced.owner_platform,
        left_since.copied_units as units
    from ops.left_since_count as left_since
    inner join synced using (platform)
    where left_since.copied_units > 0
),

copied as (
    select
        sku,
        platform,
        owner_platform,
        sum(units) as units
    from copies
    group by sku, platform, owner_platform
),

-- What of each place's count is not free by our own orders: it waits to leave, or has left since.
ours as (
    select
        coalesce(open_demand.sku, left_since.sku) as sku,
        coalesce(open_demand.platform, left_since.platform) as platform,
        coalesce(open_demand.location, left_since.location) as location,
        coalesce(open_demand.open_units, 0) + coalesce(left_since.left_units, 0) as units
    from ops.open_demand
    full join ops.left_since_count as left_since
        on
            open_demand.sku = left_since.sku
            and open_demand.platform = left_since.platform
            and open_demand.location = left_since.location
),

owned as (
    select
        sku,
        platform,
        sum(units) as units
    from ours
    group by sku, platform
),

-- Of a copy whose own channel has not reported it, only the platform's word is known: that holds.
held_twice as (
    select
        copied.sku,
        copied.platform,
        sum(least(copied.units, owned.units)) as units
    from copied
    inner join owned on copied.sku = owned.sku and copied.owner_platform = owned.platform
    group by copied.sku, copied.platform
),

committed as (
    select
        stock_figures.sku,
        stock_figures.platform,
        stock_figures.location,
        greatest(stock_figures.committed_units, 0) - least(
            greatest(stock_figures.committed_units, 0),
            greatest(
                coalesce(held_twice.units, 0) - coalesce(sum(greatest(stock_figures.committed_units, 0)) over (
                    partition by stock_figures.sku, stock_figures.platform
                    order by stock_figures.committed_units desc, stock_figures.location asc
                    rows between unbounded preceding and 1 preceding
                ), 0),
                0
            )
        ) as committed_units
    from core.stock_figures
    left join held_twice using (sku, platform)
    where stock_figures.platform != 'stock'
),

by_place as (
    select
        coalesce(committed.sku, ours.sku) as sku,
        coalesce(committed.platform, ours.platform) as platform,
        coalesce(committed.location, ours.location) as location,
        coalesce(committed.committed_units, 0) as committed_units,
        coalesce(ours.units, 0) - coalesce(taken_off.units, 0) as open_units
    from committed
    full join ours
        on
            committed.sku = ours.sku
            and committed.platform = ours.platform
            and committed.location = ours.location
    left join taken_off
        on
            ours.sku = taken_off.sku
            and ours.platform = taken_off.platform
            and ours.location = taken_off.location
),

by_platform as (
    select
        by_place.sku,
        by_place.platform,
        by_place.location,
        by_place.committed_units,
        by_place.open_units,
        greatest(by_place.open_units - by_place.committed_units, 0) as ours_beyond_units,
        greatest(by_place.committed_units - by_place.open_units, 0) as theirs_beyond_units,
        coalesce(locations.kind = 'amazon', false) as is_amazon
    from by_place
    left join settings.locations using (location)
),

totals as (
    select
        sku,
        location,
        committed_units,
        ours_beyond_units,
        theirs_beyond_units,
        sum(open_units) over (partition by sku, platform, is_amazon)
        - sum(committed_units) over (partition by sku, platform, is_amazon) as ours_more_units,
        -- What the places before this one hold of the difference, the largest first.
        sum(ours_beyond_units) over (
            partition by sku, platform, is_amazon order by ours_beyond_units desc, location asc
        ) - ours_beyond_units as ours_before_units,
        sum(theirs_beyond_units) over (
            partition by sku, platform, is_amazon order by theirs_beyond_units desc, location asc
        ) - theirs_beyond_units as theirs_before_units
    from by_platform
),

held as (
    select
        sku,
        location,
        committed_units + least(
            ours_beyond_units, greatest(ours_more_units - ours_before_units, 0)
        ) as reserved_units,
        least(
            theirs_beyond_units, greatest(-ours_more_units - theirs_before_units, 0)
        ) as committed_beyond_units
    from totals
),

promised as (
    select
        sku,
        location,
        sum(reserved_units) as reserved_units,
        sum(committed_beyond_units) as committed_beyond_units
    from held
    group by sku, location
),

-- What a warehouse has allocated are promises of all channels together: at its place the larger of the two holds.
warehouse as (
    select
        sku,
        location,
        greatest(committed_units, 0) as allocated_units
    from core.stock_figures
    where platform = 'stock'
),

reserved as (
    select
        coalesce(promised.sku, warehouse.sku) as sku,
        coalesce(promised.location, warehouse.location) as location,
        greatest(coalesce(promised.reserved_units, 0), coalesce(warehouse.allocated_units, 0)) as reserved_units,
        coalesce(promised.committed_beyond_units, 0)
        + greatest(coalesce(warehouse.allocated_units, 0) - coalesce(promised.reserved_units, 0), 0)
            as committed_beyond_units
    from promised
    full join warehouse on promised.sku = warehouse.sku and promised.location = warehouse.location
),

gone as (
    select
        sku,
        location,
        sum(left_units) as units
    from ops.left_since_count
    group by sku, location
),

places as (
    select
        coalesce(stock_levels.sku, reserved.sku) as sku,
        coalesce(stock_levels.location, reserved.location) as location,
        stock_levels.on_hand_units,
        stock_levels.unavailable_units,
        stock_levels.incoming_units,
        stock_levels.snapshot_at,
        stock_levels.missing_since_at,
        stock_levels.source_file_id,
        least(coalesce(gone.units, 0), coalesce(reserved.reserved_units, 0)) as left_since_units,
        coalesce(reserved.reserved_units, 0) - left_since_units as reserved_units,
        coalesce(reserved.committed_beyond_units, 0) as committed_beyond_units
    from core.stock_levels
    full join reserved on stock_levels.sku = reserved.sku and stock_levels.location = reserved.location
    left join gone on stock_levels.sku = gone.sku and stock_levels.location = gone.location
)

select
    places.sku,
    places.location,
    places.on_hand_units,
    places.unavailable_units,
    cast(places.reserved_units as bigint) as reserved_units,
    cast(places.committed_beyond_units as bigint) as committed_beyond_units,
    cast(places.left_since_units as bigint) as left_since_units,
    cast(
        places.on_hand_units - places.unavailable_units - places.left_since_units - places.reserved_units as bigint
    ) as available_units,
    places.incoming_units,
    places.snapshot_at as source_as_of,
    places.missing_since_at,
    coalesce(date_diff('second', places.snapshot_at, run.as_of) > stock.stale_hours * 3600, true) as is_stale,
    places.source_file_id
from places
cross join settings.run
cross join settings.stock
-- A place that no file counts and to which nothing is promised is no row.
where places.snapshot_at is not null or places.reserved_units > 0;

comment on column ops.stock_position.on_hand_units is 'Units counted there; null where no file counts the place';
comment on column ops.stock_position.reserved_units is 'Units promised: per platform over all its places the larger of our count and the channel''s';
comment on column ops.stock_position.available_units is 'on hand − unavailable − left since − reserved; below 0 more is promised than there is; null where no file counts the place';
