-- What the plan would order, and what people decided about it. A line that waits shows tonight's number next to its own.
-- grain:  one row per suggested purchase order line
-- needs:  all orders, all sibling_orders, sku_map, bundles, all stock, supplier_items, suppliers, receipts,
--   purchase_orders, stock_history
-- keys:   shop, po_key
-- inputs: ledger.purchase_suggestions, ops.reorder_plan

create or replace table marts.purchase_suggestions as
with

tonight as (
    select
        sku,
        cast(sum(suggested_units) as bigint) as units
    from ops.reorder_plan
    group by sku
)

select
    purchase_suggestions.shop,
    purchase_suggestions.po_key,
    purchase_suggestions.supplier,
    purchase_suggestions.sku,
    purchase_suggestions.units,
    case
        when purchase_suggestions.state in ('suggested', 'pending_approval', 'approved')
            then coalesce(tonight.units, 0)
    end as tonight_units,
    purchase_suggestions.unit_cost_amount,
    purchase_suggestions.line_amount,
    purchase_suggestions.currency,
    purchase_suggestions.state,
    purchase_suggestions.approver,
    purchase_suggestions.due_date,
    purchase_suggestions.opened_on as opened_date,
    purchase_suggestions.ordered_on as ordered_date,
    purchase_suggestions.reason
from ledger.purchase_suggestions
left join tonight using (sku);

comment on column marts.purchase_suggestions.units is 'Units it was made with; what a person decides on';
comment on column marts.purchase_suggestions.state is 'suggested, pending_approval, approved, rejected, ordered or withdrawn';
comment on column marts.purchase_suggestions.ordered_date is 'Day it was ordered; null where it was not';
comment on column marts.purchase_suggestions.reason is 'Why';
