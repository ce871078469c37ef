-- What there is, what is promised and what is left, by place.
-- Where a channel counts its own promises and says more than its orders show, the larger figure holds.
-- grain:  one row per SKU × location
-- keys:   sku, location
-- inputs: core.stock_levels, ops.open_demand, settings.run, settings.stock

create or replace table ops.stock_position as
with

demand as (
    select
        sku,
        location,
        cast(sum(open_units) as bigint) as open_units
    from ops.open_demand
    group by sku, location
),

promised as (
    select
        coalesce(stock_levels.sku, demand.sku) as sku,
        coalesce(stock_levels.location, demand.location) as location,
        stock_levels.on_hand_units,
        stock_levels.unavailable_units,
        stock_levels.incoming_units,
        stock_levels.snapshot_at,
        stock_levels.source_file_id,
        coalesce(demand.open_units, 0) as open_units,
        greatest(coalesce(stock_levels.committed_units, 0) - coalesce(own.open_units, 0), 0) as committed_beyond_units
    from core.stock_levels
    full join demand on stock_levels.sku = demand.sku and stock_levels.location = demand.location
    left join ops.open_demand as own
        on
            stock_levels.sku = own.sku
            and stock_levels.location = own.location
            and stock_levels.platform = own.platform
)

select
    promised.sku,
    promised.location,
    coalesce(promised.on_hand_units, 0) as on_hand_units,
    coalesce(promised.unavailable_units, 0) as unavailable_units,
    promised.open_units + promised.committed_beyond_units as reserved_units,
    promised.committed_beyond_units,
    coalesce(promised.on_hand_units, 0) - coalesce(promised.unavailable_units, 0)
    - promised.open_units - promised.committed_beyond_units as available_units,
    coalesce(promised.incoming_units, 0) as incoming_units,
    promised.snapshot_at as source_as_of,
    coalesce(date_diff('minute', promised.snapshot_at, run.as_of) > stock.stale_hours * 60, true) as is_stale,
    promised.source_file_id
from promised
cross join settings.run
cross join settings.stock;

comment on table ops.stock_position is 'What there is, what is promised and what is left, by place.';
comment on column ops.stock_position.sku is 'Seller''s SKU';
comment on column ops.stock_position.location is 'Location';
comment on column ops.stock_position.on_hand_units is 'Units at the close of the day';
comment on column ops.stock_position.unavailable_units is 'Damaged, held, in quarantine';
comment on column ops.stock_position.reserved_units is 'Promised to open orders';
comment on column ops.stock_position.committed_beyond_units is 'Part of reserved that only the channel''s own count knows';
comment on column ops.stock_position.available_units is 'on hand − unavailable − reserved; below 0 more is promised than there is';
comment on column ops.stock_position.incoming_units is 'On the way';
comment on column ops.stock_position.source_as_of is 'Moment the figure was true; null where no file tells of the place';
comment on column ops.stock_position.is_stale is 'Older than the limit, or unknown';
comment on column ops.stock_position.source_file_id is 'Landed file of the count';
