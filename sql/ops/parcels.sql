-- Every parcel that left: with whom, what it weighs, and whether it arrived.
-- An arrival is known where the channel states it of the order and the order left in one parcel; of a channel that never
-- states one nobody knows what arrived. A parcel is a lost suspect when none was stated for longer than the shop allows
-- its carrier (`carriers`): without an entry no parcel of a carrier is.
-- grain:  one row per parcel
-- keys:   channel, order_name, tracking_id
-- inputs: core.shipments, core.orders, core.order_lines, core.order_parcels, ops.sku_weights, settings.carriers,
--   settings.locations, settings.run

create or replace table ops.parcels as
with

sent as (
    select
        shipments.channel,
        shipments.order_name,
        shipments.tracking_id,
        min(shipments.order_id) as order_id,
        min(shipments.location) as location,
        min(shipments.carrier) as carrier,
        min(shipments.service) as service,
        min(shipments.shipped_at) as shipped_at,
        max(shipments.weight_grams) as weight_grams,
        -- By SKU where the parcel names them.
        case
            when count(*) = count(shipments.shipped_units * weights.weight_grams)
                then sum(shipments.shipped_units * weights.weight_grams)
        end as goods_grams
    from core.shipments
    left join ops.sku_weights as weights using (sku)
    group by shipments.channel, shipments.order_name, shipments.tracking_id
),

order_goods as (
    select
        order_lines.channel,
        order_lines.order_id,
        case
            when count(*) = count(weights.weight_grams) then sum(order_lines.shipped_units * weights.weight_grams)
        end as goods_grams
    from core.order_lines
    left join ops.sku_weights as weights using (sku)
    where order_lines.shipped_units > 0 and order_lines.is_to_ship
    group by order_lines.channel, order_lines.order_id
),

-- Of a channel whose exports never state an arrival, none is missing.
stating as (
    select
        channel,
        max(delivered_at) as last_delivered_at
    from core.orders
    group by channel
    having count(delivered_at) > 0
),

-- The entry of the service comes before that of the whole carrier.
terms as (
    select
        sent.channel,
        sent.order_name,
        sent.tracking_id,
        arg_min(carriers, carriers.service is null) as promise
    from sent
    inner join settings.carriers as carriers
        on
            lower(sent.carrier) = lower(carriers.carrier)
            and (carriers.service is null or lower(sent.service) = lower(carriers.service))
    group by sent.channel, sent.order_name, sent.tracking_id
),

known as (
    select
        sent.channel,
        sent.order_name,
        sent.tracking_id,
        sent.order_id,
        sent.location,
        sent.carrier,
        sent.service,
        sent.shipped_at,
        coalesce(sent.weight_grams, sent.goods_grams, order_goods.goods_grams) as weight_grams,
        case when order_parcels.parcels = 1 then order_goods.goods_grams else sent.goods_grams end as goods_grams,
        lower(orders.ship_country) as country,
        coalesce(locations.kind = 'amazon', false) as is_amazon,
        stating.channel is not null and order_parcels.parcels = 1 and orders.state != 'cancelled' as knows_arrival,
        case when order_parcels.parcels = 1 then orders.delivered_at end as delivered_at,
        terms.promise.transit_days as promised_days,
        terms.promise.lost_days,
        terms.promise.claim_days,
        orders.total_amount,
        orders.currency,
        run.as_of,
        run.timezone
    from sent
    cross join settings.run
    left join terms using (channel, order_name, tracking_id)
    left join core.orders using (channel, order_id)
    left join core.order_parcels using (channel, order_id)
    left join order_goods using (channel, order_id)
    left join stating using (channel)
    left join settings.locations on sent.location = locations.location
)

select
    channel,
    order_name,
    tracking_id,
    order_id,
    location,
    carrier,
    service,
    shipped_at,
    cast(timezone(timezone, shipped_at) as date) as shipped_date,
    cast(weight_grams as decimal(18, 1)) as weight_grams,
    cast(goods_grams as decimal(18, 1)) as goods_grams,
    country,
    is_amazon,
    -- Every carrier's numbers have digits; none is as short as a counter or as long as a sentence.
    regexp_full_match(tracking_id, '[A-Za-z0-9-]{8,40}') and regexp_matches(tracking_id, '[0-9]') as has_tracking,
    coalesce(knows_arrival, false) as knows_arrival,
    delivered_at,
    cast(
        extract(epoch from delivered_at - shipped_at) / extract(epoch from interval 1 day) as decimal(18, 2)
    ) as transit_days,
    promised_days,
    -- A carrier promises a day, not an hour.
    cast(timezone(timezone, shipped_at) as date) + cast(promised_days as integer) as promised_date,
    case
        when not coalesce(knows_arrival, false) or promised_days is null then null
        when delivered_at is not null then cast(timezone(timezone, delivered_at) as date) <= promised_date
        when cast(timezone(timezone, as_of) as date) > promised_date then false
    end as is_on_time,
    case
        when coalesce(knows_arrival, false) and lost_days is not null
            then delivered_at is null and as_of > shipped_at + to_days(cast(lost_days as integer))
    end as is_lost_suspect,
    cast(timezone(timezone, shipped_at) as date) + cast(claim_days as integer) as claim_date,
    total_amount,
    currency
from known;

comment on column ops.parcels.order_name is 'Order number as the warehouse knows it';
comment on column ops.parcels.location is 'Where it left from';
comment on column ops.parcels.weight_grams is 'What it weighs: by its label, else by what the products in it weigh; null where neither is known';
comment on column ops.parcels.delivered_at is 'Moment it arrived; null where it has not, or nobody states it';
comment on column ops.parcels.country is 'Where it goes, as the channel writes it, in small letters; null where it states none';
comment on column ops.parcels.is_on_time is 'Whether it came within the days promised; null where that is not known, or not yet';
comment on column ops.parcels.promised_date is 'Day by which the carrier promises it; null where the shop file states none';
