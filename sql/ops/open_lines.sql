-- What of each order line is still to leave, and from which place: bundles taken apart.
-- A line is here while it is promised (it holds stock) or ours to send. One without a place leaves from the first place of
-- its routing rule that stocks the SKU, without a rule from the first such of its channel; where none stocks it, from the
-- first.
-- grain:  one row per open order line × component
-- keys:   channel, order_id, line_id, component_no
-- inputs: core.order_lines, core.bundles, core.stock_levels, ops.line_routes, settings.channels,
--   settings.channel_locations, settings.locations, settings.routing_places

create or replace table ops.open_lines as
with

open_lines as (
    select
        order_lines.*,
        bundles.component_sku,
        coalesce(bundles.component_units, 1) as component_units,
        row_number() over (
            partition by order_lines.channel, order_lines.order_id, order_lines.line_id
            order by bundles.component_sku
        ) as component_no
    from core.order_lines
    left join core.bundles on order_lines.sku = bundles.bundle_sku
    where order_lines.open_units > 0 and (order_lines.is_promised or order_lines.is_to_ship)
),

-- The places of each rule, and of each channel for what no rule is about.
places as (
    select
        rule_no,
        '' as channel,
        location,
        preference
    from settings.routing_places
    union all
    select
        0 as rule_no,
        channel,
        location,
        preference
    from settings.channel_locations
),

preferred as (
    select
        places.rule_no,
        places.channel,
        stock_levels.sku,
        arg_min(places.location, places.preference) as location
    from places
    inner join core.stock_levels using (location)
    group by places.rule_no, places.channel, stock_levels.sku
),

first_places as (
    select
        rule_no,
        channel,
        arg_min(location, preference) as location
    from places
    group by rule_no, channel
),

routed as (
    select
        open_lines.*,
        coalesce(open_lines.component_sku, open_lines.sku) as shelf_sku,
        coalesce(line_routes.rule_no, 0) as rule_no,
        if(line_routes.rule_no is null, open_lines.channel, '') as rule_channel
    from open_lines
    left join ops.line_routes using (channel, order_id, line_id)
)

select
    routed.channel,
    routed.order_id,
    routed.line_id,
    cast(routed.component_no as bigint) as component_no,
    routed.shelf_sku as sku,
    case when routed.component_sku is not null then routed.sku end as bundle_sku,
    routed.channel_sku,
    routed.title,
    channels.platform,
    case
        when routed.fulfilled_by = 'amazon' then channels.fba_location
        else coalesce(locations.location, preferred.location, first_places.location)
    end as location,
    routed.fulfilled_by,
    routed.is_promised,
    routed.is_to_ship,
    routed.ordered_at,
    routed.ship_by_at,
    cast(routed.open_units * routed.component_units as bigint) as open_units
from routed
inner join settings.channels using (channel)
left join settings.locations on routed.location = locations.location
left join preferred
    on
        routed.rule_no = preferred.rule_no
        and routed.rule_channel = preferred.channel
        and routed.shelf_sku = preferred.sku
left join first_places on routed.rule_no = first_places.rule_no and routed.rule_channel = first_places.channel;

comment on column ops.open_lines.sku is 'The component of a bundle, else the line''s own; null where it is in no map';
comment on column ops.open_lines.location is 'Where it leaves from; null where nothing says it';
comment on column ops.open_lines.bundle_sku is 'Bundle that it is a part of; null where it is sold by itself';
