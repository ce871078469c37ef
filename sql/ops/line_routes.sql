-- Where each order line that we or Amazon's network send has to leave from, and where it left.
-- The first rule of the shop's routing that fits says where; without one any place of the channel does. A line whose
-- place no export states is not judged, nor is one of which parcels left from several places and none names its SKU, nor
-- one of which the kind or the country that the next rule asks for is not known.
-- grain:  one row per order line
-- keys:   channel, order_id, line_id
-- by:     channel, order_id
-- inputs: core.order_lines, core.orders, core.order_parcels, core.shipments, core.sku_listings, settings.channels,
--   settings.channel_locations, settings.locations, settings.routing_rules, settings.routing_places, settings.run

create or replace table ops.line_routes as
with

lines as (
    select
        order_lines.channel,
        order_lines.order_id,
        order_lines.line_id,
        order_lines.sku,
        order_lines.channel_sku,
        order_lines.fulfilled_by,
        order_lines.location,
        order_lines.shipped_units,
        order_lines.open_units,
        sku_listings.product_type as category,
        lower(orders.ship_country) as country,
        coalesce(order_parcels.first_shipped_at, orders.shipped_at) as shipped_at
    from core.order_lines
    inner join core.orders using (channel, order_id)
    left join core.sku_listings using (sku)
    left join core.order_parcels using (channel, order_id)
    where
        order_lines.is_to_ship
        or order_lines.is_promised
        or (order_lines.is_sale and order_lines.fulfilled_by = 'amazon')
),

-- The first rule that may fit. Whether one fits that asks for what is not known of the line, nobody knows.
ruled as (
    select
        lines.channel,
        lines.order_id,
        lines.line_id,
        min(rules.rule_no) as rule_no,
        arg_min(
            (len(rules.skus) = 0 or lines.sku is not null)
            and (len(rules.categories) = 0 or lines.category is not null)
            and (len(rules.countries) = 0 or lines.country is not null),
            rules.rule_no
        ) as is_known
    from lines
    inner join settings.routing_rules as rules
        on
            (len(rules.skus) = 0 or coalesce(list_contains(rules.skus, lines.sku), true))
            and (len(rules.categories) = 0 or coalesce(list_contains(rules.categories, lines.category), true))
            and (len(rules.countries) = 0 or coalesce(list_contains(rules.countries, lines.country), true))
    group by lines.channel, lines.order_id, lines.line_id
),

-- One place, or none where parcels left from several.
sku_places as (
    select
        channel,
        order_id,
        sku,
        case when count(distinct location) = 1 then min(location) end as location
    from core.shipments
    where order_id is not null and sku <> ''
    group by channel, order_id, sku
),

order_places as (
    select
        channel,
        order_id,
        case when count(distinct location) = 1 then min(location) end as location
    from core.shipments
    where order_id is not null
    group by channel, order_id
),

placed as (
    select
        lines.*,
        case when ruled.is_known then ruled.rule_no end as rule_no,
        coalesce(ruled.is_known, true) as is_known,
        case
            when lines.fulfilled_by = 'amazon' then channels.fba_location
            when lines.shipped_units > 0
                then coalesce(by_own.location, by_listing.location, order_places.location, lines.location)
            else lines.location
        end as from_location
    from lines
    inner join settings.channels using (channel)
    left join ruled using (channel, order_id, line_id)
    left join sku_places as by_own
        on lines.channel = by_own.channel and lines.order_id = by_own.order_id and lines.sku = by_own.sku
    left join sku_places as by_listing
        on
            lines.channel = by_listing.channel and lines.order_id = by_listing.order_id
            and lines.channel_sku = by_listing.sku
    left join order_places
        on lines.channel = order_places.channel and lines.order_id = order_places.order_id
),

allowed as (
    select
        channel_locations.channel,
        list(channel_locations.location order by channel_locations.preference) as places
    from settings.channel_locations
    group by channel_locations.channel
),

targets as (
    select
        rule_no,
        list(location order by preference) as places
    from settings.routing_places
    group by rule_no
)

select
    placed.channel,
    placed.order_id,
    placed.line_id,
    placed.sku,
    placed.rule_no,
    case when placed.shipped_units > 0 then cast(timezone(run.timezone, placed.shipped_at) as date) end as shipped_date,
    placed.open_units,
    locations.location as from_location,
    array_to_string(
        case
            when not placed.is_known then null
            when placed.rule_no is not null then targets.places
            when placed.fulfilled_by = 'amazon' then [channels.fba_location]
            else allowed.places
        end, ', '
    ) as expected_locations,
    case
        when locations.location is null or not placed.is_known then null
        when placed.rule_no is not null then list_contains(targets.places, locations.location)
        when placed.fulfilled_by = 'amazon' then true
        else list_contains(allowed.places, locations.location)
    end as is_as_routed
from placed
cross join settings.run
inner join settings.channels using (channel)
left join settings.locations on placed.from_location = locations.location
left join allowed on placed.channel = allowed.channel
left join targets on placed.rule_no = targets.rule_no;

comment on column ops.line_routes.shipped_date is 'Day the first of it left, on the shop''s clock; null while nothing has';
