-- What the shop itself has to send, by the shelf it is taken from, and whether the shelf has it.
-- Orders are filled in the order of their promise; one that a case keeps from leaving holds its place in the line. Short
-- is what is left wanting after all that is due before; what left the shelf since it was counted is not on it. Where no
-- file counts the place, nobody knows what is there: short is null.
-- grain:  one row per location × order × SKU
-- keys:   location, channel, order_id, sku
-- inputs: ops.open_lines, ops.stock_position, settings.run

create or replace table ops.pick_lines as
with

wanted as (
    select
        coalesce(location, '') as location,
        channel,
        order_id,
        coalesce(sku, channel_sku, '') as sku,
        bool_and(sku is not null) as is_known,
        string_agg(distinct bundle_sku, ', ' order by bundle_sku) as bundle_sku,
        min(title) filter (where bundle_sku is null) as title,
        min(ordered_at) as ordered_at,
        min(ship_by_at) as ship_by_at,
        sum(open_units) as units
    from ops.open_lines
    where is_to_ship and fulfilled_by = 'merchant'
    group by coalesce(location, ''), channel, order_id, coalesce(sku, channel_sku, '')
),

shelves as (
    select
        wanted.*,
        cast(timezone(run.timezone, wanted.ship_by_at) as date) as ship_by_date,
        case
            when wanted.is_known and places.on_hand_units is not null
                then greatest(
                    places.on_hand_units - coalesce(places.unavailable_units, 0) - places.left_since_units, 0
                )
        end as shelf_units,
        coalesce(sum(wanted.units) over (
            partition by wanted.location, wanted.sku
            order by wanted.ship_by_at asc nulls last, wanted.ordered_at asc, wanted.channel asc, wanted.order_id asc
            rows between unbounded preceding and 1 preceding
        ), 0) as units_before
    from wanted
    cross join settings.run
    left join ops.stock_position as places using (sku, location)
)

select
    location,
    channel,
    order_id,
    sku,
    bundle_sku,
    title,
    is_known as is_mapped,
    ordered_at,
    ship_by_at,
    ship_by_date,
    cast(units as bigint) as open_units,
    cast(shelf_units as bigint) as shelf_units,
    cast(
        case when shelf_units is not null then greatest(units - greatest(shelf_units - units_before, 0), 0) end
        as bigint
    ) as short_units
from shelves;

comment on column ops.pick_lines.location is 'Where it is picked; empty where nothing says it';
comment on column ops.pick_lines.sku is 'Component of a bundle, else the seller''s SKU; the channel''s own where it is in no map';
comment on column ops.pick_lines.title is 'As the channel sold it; null for a bundle''s component';
comment on column ops.pick_lines.ship_by_date is 'Its day on the shop''s clock; null where no day is promised';
comment on column ops.pick_lines.bundle_sku is 'Bundle that it is a part of; null where it is sold by itself';
comment on column ops.pick_lines.short_units is 'Of them, what the shelf lacks after all that is due before; null where no file counts it';
