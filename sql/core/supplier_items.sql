-- From whom each SKU is bought, and on what terms.
-- grain:  one row per SKU × supplier
-- keys:   sku, supplier_id
-- inputs: valid.supplier_items, valid.suppliers

create or replace table core.supplier_items as
with

items as (
    select *
    from valid.supplier_items
    qualify row_number() over (partition by sku, supplier_id order by exported_at desc, file_id desc, line_no desc) = 1
),

suppliers as (
    select *
    from valid.suppliers
    qualify row_number() over (partition by supplier_id order by exported_at desc, file_id desc, line_no desc) = 1
)

select
    items.sku,
    items.supplier_id,
    suppliers.name,
    suppliers.lead_time_days,
    suppliers.moq_units,
    suppliers.review_days,
    suppliers.payment_terms,
    suppliers.is_approved,
    items.supplier_sku,
    items.case_pack_units,
    items.unit_cost_amount,
    coalesce(items.currency, suppliers.currency) as currency,
    items.is_preferred
from items
left join suppliers using (supplier_id);
