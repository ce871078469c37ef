-- What the plan would order, and what people decided about it.
-- grain:  one row per suggested purchase order line
-- keys:   shop, po_key
-- inputs: ledger.purchase_suggestions

create or replace table marts.purchase_suggestions as
select
    shop,
    po_key,
    supplier,
    sku,
    units,
    unit_cost_amount,
    line_amount,
    currency,
    state,
    approver,
    due_date,
    opened_on as opened_date,
    reason
from ledger.purchase_suggestions;

comment on table marts.purchase_suggestions is 'What the plan would order, and what people decided about it.';
comment on column marts.purchase_suggestions.shop is 'Shop';
comment on column marts.purchase_suggestions.po_key is 'Supplier, SKU and day of the crossing';
comment on column marts.purchase_suggestions.supplier is 'Supplier';
comment on column marts.purchase_suggestions.sku is 'Seller''s SKU';
comment on column marts.purchase_suggestions.units is 'Units';
comment on column marts.purchase_suggestions.unit_cost_amount is 'Cost of one unit';
comment on column marts.purchase_suggestions.line_amount is 'Cost of the line';
comment on column marts.purchase_suggestions.currency is 'ISO 4217';
comment on column marts.purchase_suggestions.state is 'suggested, pending_approval, approved, rejected, ordered or withdrawn';
comment on column marts.purchase_suggestions.approver is 'Who decided';
comment on column marts.purchase_suggestions.due_date is 'Last day to order';
comment on column marts.purchase_suggestions.opened_date is 'Day it was suggested';
comment on column marts.purchase_suggestions.reason is 'Why';
