-- What a supplier says is on its way: each item of each advance ship notice, once.
-- A notice that came twice is one, of which the newest file holds.
-- grain:  one row per notice × purchase order × SKU as the notice says it
-- keeps:  valid.shipment_notices by notice_id, po_number, sku; units shipped_units;
--   leaves not_in_newest_state where exists (
--       select 1 from valid.shipment_notices as newer
--       where newer.notice_id = this.notice_id and newer.exported_at > this.exported_at
--   )
-- keys:   notice_id, po_number, sku
-- inputs: valid.shipment_notices

create or replace table core.shipment_notices as
with

newest as (
    select
        supplier,
        notice_id,
        arg_max(file_id, (exported_at, file_id)) as file_id
    from valid.shipment_notices
    group by supplier, notice_id
)

select
    shipment_notices.notice_id,
    shipment_notices.po_number,
    shipment_notices.sku,
    min(shipment_notices.supplier) as supplier_id,
    cast(sum(shipment_notices.shipped_units) as bigint) as shipped_units,
    min(shipment_notices.shipped_date) as shipped_date,
    max(shipment_notices.expected_date) as expected_date,
    any_value(shipment_notices.file_id) as source_file_id
from valid.shipment_notices
inner join newest using (supplier, notice_id, file_id)
group by shipment_notices.notice_id, shipment_notices.po_number, shipment_notices.sku;

comment on column core.shipment_notices.sku is 'SKU as the notice says it';
comment on column core.shipment_notices.supplier_id is 'Supplier as the notice says it';
comment on column core.shipment_notices.shipped_date is 'Day it left';
