-- The parcels of each order.
-- grain:  one row per order with a parcel
-- keys:   channel, order_id
-- by:     channel, order_id
-- inputs: core.shipments

create or replace table core.order_parcels as
select
    channel,
    order_id,
    count(distinct tracking_id) as parcels,
    -- Null as soon as one parcel does not say how much is in it.
    case when count(*) = count(shipped_units) then cast(sum(shipped_units) as bigint) end as shipped_units,
    arg_min(location, (shipped_at, tracking_id, location)) as location,
    min(shipped_at) as first_shipped_at,
    max(shipped_at) as last_shipped_at
from core.shipments
where order_id is not null
group by channel, order_id;

comment on column core.order_parcels.shipped_units is 'Units in them; null where a parcel does not say it';
comment on column core.order_parcels.location is 'Where the first one left from';
