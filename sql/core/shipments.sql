-- Parcels that left, each once, by the newest file that tells of it.
-- grain:  one row per parcel
-- keeps:  valid.shipments by store = channel, order_name, coalesce(tracking_id, '') = tracking_id; units shipped_units
-- keys:   channel, order_name, tracking_id
-- inputs: valid.shipments, settings.run

create or replace table core.shipments as
select
    store as channel,
    order_name,
    coalesce(tracking_id, '') as tracking_id,
    location,
    shipped_at,
    carrier,
    service,
    shipped_units,
    cost_amount,
    run.currency,
    file_id as source_file_id
from valid.shipments
cross join settings.run
qualify row_number() over (
    partition by store, order_name, coalesce(tracking_id, '') order by exported_at desc, file_id desc, line_no desc
) = 1;

comment on table core.shipments is 'Parcels that left, each once, by the newest file that tells of it.';
comment on column core.shipments.channel is 'Channel of the order';
comment on column core.shipments.order_name is 'The number people and other systems call the order by';
comment on column core.shipments.tracking_id is 'Carrier''s number; empty where there is none';
comment on column core.shipments.location is 'Location';
comment on column core.shipments.shipped_at is 'Moment it left';
comment on column core.shipments.carrier is 'Carrier';
comment on column core.shipments.service is 'Service';
comment on column core.shipments.shipped_units is 'Units in the parcel';
comment on column core.shipments.cost_amount is 'What the carrier charges';
comment on column core.shipments.currency is 'ISO 4217; the shop''s, in which carriers charge';
comment on column core.shipments.source_file_id is 'Landed file the row was taken from';
