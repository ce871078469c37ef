-- What there is, what is promised and what is left, by place. What left after the place was counted is still in its
-- count: it is held with what is promised, and shown apart. What no file counts is unknown, not 0.
-- grain:  one row per SKU × location
-- keeps:  core.stock_levels by sku, location; sum on_hand_units; units on_hand_units
-- keys:   sku, location
-- inputs: core.stock_levels, ops.held_stock, ops.left_since_count, settings.run, settings.stock

create or replace table ops.stock_position as
with

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
        coalesce(stock_levels.sku, held.sku) as sku,
        coalesce(stock_levels.location, held.location) as location,
        stock_levels.on_hand_units,
        stock_levels.unavailable_units,
        stock_levels.incoming_units,
        stock_levels.snapshot_at,
        stock_levels.missing_since_at,
        stock_levels.source_file_id,
        least(coalesce(gone.units, 0), coalesce(held.held_units, 0)) as left_since_units,
        coalesce(held.held_units, 0) - left_since_units as reserved_units,
        coalesce(held.committed_beyond_units, 0) as committed_beyond_units
    from core.stock_levels
    full join ops.held_stock as held
        on stock_levels.sku = held.sku and stock_levels.location = held.location
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
        places.on_hand_units - coalesce(places.unavailable_units, 0) - places.left_since_units - places.reserved_units
        as bigint
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
