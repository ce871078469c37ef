-- What each location picks today: what is due or overdue and free to leave, bundles taken apart, in waves.
-- Left out is what an open case blocks, what is not paid, on hold, pre-ordered, promised for a later day or for none, and
-- what a marketplace sends itself. Where the shelf lacks a part of an order, its channel's policy says whether the rest
-- leaves or waits: an order that waits is shown, without units to pick and without a wave.
-- grain:  one row per location × order × SKU
-- needs:  orders, sibling_orders, shipments, sku_map, bundles, stock, all listings
-- keys:   shop, location, channel, order_id, sku
-- inputs: ops.pick_lines, ops.pick_parcels, ops.service_choices, ops.blocked_orders, core.orders, core.shelf_places,
--   core.sku_listings, settings.channels, settings.picking, settings.run

create or replace table marts.pick_list as
with

due as (
    select
        pick_lines.*,
        orders.order_name,
        channels.is_split,
        shelf_places.bin,
        listed.title as listed_title,
        listed.product_type as category,
        sum(pick_lines.short_units) over of_order as order_short_units,
        sum(pick_lines.open_units) over of_order as order_units,
        count(*) over of_order as order_lines,
        min(coalesce(shelf_places.bin, listed.product_type)) over of_order as zone
    from ops.pick_lines as pick_lines
    inner join core.orders as orders using (channel, order_id)
    inner join settings.channels using (channel)
    cross join settings.run
    anti join ops.blocked_orders
        on pick_lines.channel = blocked_orders.channel and pick_lines.order_id = blocked_orders.order_id
    left join core.shelf_places as shelf_places
        on pick_lines.location = shelf_places.location and pick_lines.sku = shelf_places.sku
    left join core.sku_listings as listed on pick_lines.sku = listed.sku
    where pick_lines.ship_by_date <= run.business_date
    window of_order as (partition by pick_lines.location, pick_lines.channel, pick_lines.order_id)
),

judged as (
    select
        *,
        case
            when coalesce(order_short_units, 0) = 0 then 'pick'
            when order_short_units = order_units then 'none_there'
            when is_split then 'pick_part'
            else 'hold'
        end as instruction
    from due
),

placed as (
    select
        location,
        channel,
        order_id,
        row_number() over (
            partition by location
            order by
                case batch_by
                    when 'size' then cast(order_lines > 1 as varchar)
                    when 'zone' then zone
                end asc nulls last,
                ship_by_at asc, channel asc, order_id asc
        ) as place
    from (
        select distinct
            judged.location,
            judged.channel,
            judged.order_id,
            judged.order_lines,
            judged.zone,
            min(judged.ship_by_at) over (
                partition by judged.location, judged.channel, judged.order_id
            ) as ship_by_at,
            picking.batch_by
        from judged
        cross join settings.picking
        where judged.instruction in ('pick', 'pick_part')
    )
)

select
    run.shop,
    run.business_date as as_of,
    judged.location,
    judged.channel,
    judged.order_id,
    judged.sku,
    cast((placed.place - 1) // picking.wave_orders + 1 as bigint) as wave,
    judged.order_name,
    coalesce(judged.listed_title, judged.title) as title,
    judged.bundle_sku,
    judged.bin,
    judged.category,
    judged.ship_by_at,
    judged.ship_by_date < run.business_date as is_overdue,
    judged.order_lines as lines,
    judged.open_units,
    cast(
        case
            when judged.instruction in ('pick', 'pick_part') then judged.open_units - coalesce(judged.short_units, 0)
            else 0
        end as bigint
    ) as pick_units,
    judged.short_units,
    judged.instruction,
    concat_ws(
        '; ',
        case
            when not judged.is_mapped then 'in no SKU map: identify it at the channel'
            when judged.short_units is null then 'no file counts this place'
            when judged.short_units > 0
                then judged.shelf_units || ' on the shelf, ' || judged.short_units || ' short after orders due before'
        end,
        case
            when judged.instruction = 'hold' then 'the channel sends no part of an order: set it aside'
            when judged.instruction = 'pick_part' then 'send what is there, the rest follows'
        end
    ) as note,
    pick_parcels.weight_grams as order_grams,
    choices.box,
    choices.carrier,
    choices.service,
    getvariable('rule_version') as rule_version
from judged
cross join settings.run
cross join settings.picking
left join placed
    on judged.location = placed.location and judged.channel = placed.channel and judged.order_id = placed.order_id
left join ops.pick_parcels as pick_parcels
    on
        judged.location = pick_parcels.location and judged.channel = pick_parcels.channel
        and judged.order_id = pick_parcels.order_id
left join ops.service_choices as choices
    on
        pick_parcels.channel = choices.channel
        and coalesce(pick_parcels.country, '') = choices.country
        and coalesce(pick_parcels.weight_grams, -1) = choices.weight_grams;

comment on column marts.pick_list.location is 'Where it is picked; empty where nothing says it';
comment on column marts.pick_list.sku is 'Component of a bundle, else the seller''s SKU; the channel''s own where it is in no map';
comment on column marts.pick_list.title is 'As the channel lists it, else as it was sold';
comment on column marts.pick_list.lines is 'SKUs that the location picks for the order';
comment on column marts.pick_list.bundle_sku is 'Bundle that it is a part of; null where it is sold by itself';
comment on column marts.pick_list.category is 'What kind of product it is, as the channel''s catalogue says';
comment on column marts.pick_list.short_units is 'Of them, what the shelf lacks after all that is due before; null where no file counts it';
comment on column marts.pick_list.carrier is 'With whom it goes, by the shop''s packing table; null where no rule fits or the weight is not known';
comment on column marts.pick_list.service is 'Its service, by the shop''s packing table; null where any will do';
comment on column marts.pick_list.note is 'What whoever picks it has to know; empty where there is nothing';
