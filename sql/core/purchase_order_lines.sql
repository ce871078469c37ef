-- Every purchase order line with what came of it.
-- A purchase order is stated whole by the newest file that has it. A receipt lists what came with it: what it says of a
-- SKU, by lots or shelves, counts by the newest file that has it.
-- grain:  one row per purchase order × SKU
-- keeps:  valid.purchase_order_lines by po_number, sku; units ordered_units; money ordered_units * unit_cost_amount;
--   leaves not_in_newest_state where exists (
--       select 1 from valid.purchase_order_lines as newer
--       where newer.po_number = this.po_number and newer.exported_at > this.exported_at
--   )
-- keys:   po_number, sku
-- inputs: valid.purchase_order_lines, valid.receipts

create or replace table core.purchase_order_lines as
with

newest as (
    select
        po_number,
        arg_max(file_id, (exported_at, file_id)) as file_id
    from valid.purchase_order_lines
    group by po_number
),

lines as (
    select
        po_number,
        sku,
        min(supplier_id) as supplier_id,
        min(ordered_date) as ordered_date,
        max(promised_date) as promised_date,
        cast(sum(ordered_units) as bigint) as ordered_units,
        max(unit_cost_amount) as unit_cost_amount,
        min(currency) as currency,
        max(state) as state,
        max(status) as status,
        min(location) as location
    from valid.purchase_order_lines
    inner join newest using (po_number, file_id)
    group by po_number, sku
),

arrivals as (
    select
        po_number,
        sku,
        received_units,
        received_date,
        sum(received_units) over (partition by po_number, sku order by received_date) as so_far_units
    from (
        select *
        from valid.receipts
        qualify rank() over (partition by receipt_id, po_number, sku order by exported_at desc, file_id desc) = 1
    )
),

receipts as (
    select
        arrivals.po_number,
        arrivals.sku,
        cast(sum(arrivals.received_units) as bigint) as received_units,
        min(arrivals.received_date) as first_received_date,
        max(arrivals.received_date) as last_received_date,
        min(arrivals.received_date) filter (where arrivals.so_far_units >= lines.ordered_units) as full_received_date
    from arrivals
    left join lines using (po_number, sku)
    group by arrivals.po_number, arrivals.sku
)

select
    lines.po_number,
    lines.sku,
    lines.supplier_id,
    lines.ordered_date,
    lines.promised_date,
    lines.ordered_units,
    coalesce(receipts.received_units, 0) as received_units,
    receipts.first_received_date,
    receipts.last_received_date,
    receipts.full_received_date,
    lines.unit_cost_amount,
    lines.currency,
    lines.state,
    lines.status,
    lines.location
from lines
left join receipts using (po_number, sku);

comment on column core.purchase_order_lines.state is 'draft, open, partial, received, closed, or unknown for a word nobody declared';
comment on column core.purchase_order_lines.status is 'The status as the buyer''s system writes it';
comment on column core.purchase_order_lines.location is 'Where it is to be delivered; null where no export says it';
