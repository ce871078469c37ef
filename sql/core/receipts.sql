-- Goods that came for purchase orders: each receipt's lines of an order and SKU by the newest file that has them. One SKU
-- may be on several lines of a receipt, by lot or shelf.
-- grain:  one row per line of a goods receipt
-- keeps:  valid.receipts by receipt_id, po_number, sku
-- keys:   source_file_id, line_no
-- inputs: valid.receipts

create or replace table core.receipts as
select
    receipt_id,
    po_number,
    sku,
    received_units,
    received_date,
    location,
    file_id as source_file_id,
    line_no
from valid.receipts
qualify rank() over (partition by receipt_id, po_number, sku order by exported_at desc, file_id desc) = 1;
