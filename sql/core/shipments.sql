-- Parcels that left, each once per SKU it names, and the order each ships. A parcel is stated whole by the newest file
-- that names what is in it, else by the newest that reports it. One without a number of its own is known by its SKU. A
-- SKU of several lines of an order may be in its parcel several times: its units add up. A parcel names its order by
-- number or id. Where two orders of a channel have one number it is nobody's until a person says whose
-- (checks.finding_parcels): one parcel never ships two orders.
-- grain:  one row per parcel × SKU
-- keeps:  valid.shipments by store = channel, order_name, coalesce(tracking_id, '') = tracking_id,
--   coalesce(sku, '') = sku; units shipped_units;
--   leaves in_another_file where exists (
--       select 1 from valid.shipments as other
--       where other.store = this.store and other.order_name = this.order_name
--       and other.tracking_id = this.tracking_id and other.file_id <> this.file_id
--   )
-- keys:   channel, order_name, tracking_id, sku
-- inputs: valid.shipments, core.order_refs, settings.run

create or replace table core.shipments as
with

stated as (
    select
        *,
        coalesce(tracking_id, '|' || coalesce(sku, '')) as parcel,
        coalesce(bool_or(sku is not null) over (partition by store, order_name, tracking_id, file_id), false)
            as names_skus
    from valid.shipments
),

newest as (
    select *
    from stated
    qualify rank() over (
        partition by store, order_name, parcel order by names_skus desc, exported_at desc, file_id desc
    ) = 1
),

parcels as (
    select
        store,
        order_name,
        coalesce(tracking_id, '') as tracking_id,
        coalesce(sku, '') as sku,
        max_by(location, line_no) as location,
        max_by(shipped_at, line_no) as shipped_at,
        max_by(carrier, line_no) as carrier,
        max_by(service, line_no) as service,
        -- Null as soon as one row does not say how much is in it.
        case when count(*) = count(shipped_units) then sum(shipped_units) end as shipped_units,
        max_by(weight_grams, line_no) as weight_grams,
        max_by(cost_amount, line_no) as cost_amount,
        file_id
    from newest
    group by all
)

select
    parcels.store as channel,
    parcels.order_name,
    parcels.tracking_id,
    parcels.sku,
    refs.order_id,
    parcels.location,
    parcels.shipped_at,
    parcels.carrier,
    parcels.service,
    cast(parcels.shipped_units as bigint) as shipped_units,
    parcels.weight_grams,
    parcels.cost_amount,
    run.currency,
    parcels.file_id as source_file_id
from parcels
left join core.order_refs as refs on parcels.store = refs.channel and parcels.order_name = refs.order_ref
cross join settings.run;

comment on column core.shipments.channel is 'Channel by the shop file''s name, as the warehouse knows it';
comment on column core.shipments.order_name is 'Order number as the warehouse knows it';
comment on column core.shipments.sku is 'SKU as the warehouse writes it; empty where the file names none';
comment on column core.shipments.order_id is 'The channel''s own id of the order; null where two orders have the number';
comment on column core.shipments.location is 'Where it left from';
comment on column core.shipments.cost_amount is 'What the carrier charges';
comment on column core.shipments.weight_grams is 'What the whole parcel weighs, as its label says';
