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
    items.case_pack_units,
    items.unit_cost_amount,
    coalesce(items.currency, suppliers.currency) as currency,
    items.is_preferred
from items
left join suppliers using (supplier_id);

comment on table core.supplier_items is 'From whom each SKU is bought, and on what terms.';
comment on column core.supplier_items.sku is 'Seller''s SKU';
comment on column core.supplier_items.supplier_id is 'Supplier';
comment on column core.supplier_items.name is 'Name';
comment on column core.supplier_items.lead_time_days is 'Days from order to receipt, as the supplier states';
comment on column core.supplier_items.moq_units is 'Least units of a line';
comment on column core.supplier_items.review_days is 'Days between two buying days';
comment on column core.supplier_items.case_pack_units is 'Units in a case';
comment on column core.supplier_items.unit_cost_amount is 'Cost of one unit';
comment on column core.supplier_items.currency is 'ISO 4217';
comment on column core.supplier_items.is_preferred is 'The buyer prefers this supplier for the SKU; null where the file does not say';
