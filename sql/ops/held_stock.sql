-- What of each place's count is not free. Of each platform and SKU over all its places, the larger of our own count and the
-- channel's holds: where the channel says for what it counts, where our orders are for what only we know, so that no
-- unit is held at two places. Our own count is what open orders wait for and what left the place after it was counted,
-- which is still in the count, and in the channel's promises of that moment. Where the figure of a place is what its
-- platform has available, what that platform had promised by then is taken off. Amazon's own places are a pool apart:
-- its count says nothing of the others.
-- grain:  one row per SKU × location
-- keys:   sku, location
-- inputs: core.stock_levels, core.stock_figures, ops.committed_stock, ops.open_demand, ops.open_lines,
--   ops.left_since_count, settings.locations

create or replace table ops.held_stock as
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

by_place as (
    select
        coalesce(committed.sku, ours.sku) as sku,
        coalesce(committed.platform, ours.platform) as platform,
        coalesce(committed.location, ours.location) as location,
        coalesce(committed.committed_units, 0) as committed_units,
        coalesce(ours.units, 0) - coalesce(taken_off.units, 0) as open_units
    from ops.committed_stock as committed
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

placed as (
    select
        sku,
        location,
        committed_units + least(
            ours_beyond_units, greatest(ours_more_units - ours_before_units, 0)
        ) as held_units,
        least(
            theirs_beyond_units, greatest(-ours_more_units - theirs_before_units, 0)
        ) as committed_beyond_units
    from totals
),

promised as (
    select
        sku,
        location,
        sum(held_units) as held_units,
        sum(committed_beyond_units) as committed_beyond_units
    from placed
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
)

select
    coalesce(promised.sku, warehouse.sku) as sku,
    coalesce(promised.location, warehouse.location) as location,
    cast(greatest(coalesce(promised.held_units, 0), coalesce(warehouse.allocated_units, 0)) as bigint) as held_units,
    cast(
        coalesce(promised.committed_beyond_units, 0)
        + greatest(coalesce(warehouse.allocated_units, 0) - coalesce(promised.held_units, 0), 0) as bigint
    ) as committed_beyond_units
from promised
full join warehouse on promised.sku = warehouse.sku and promised.location = warehouse.location;
