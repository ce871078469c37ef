-- What the plan would order, and what people decided about it. A line that waits shows tonight's number next to its
-- own; one that was ordered is received once all that the first purchase order after it has of its SKU has come. Open
-- lines are ranked by margin per unit of cash: what a unit brought (ops.unit_prices) less cost, over cost. Where the
-- shop sets a budget, the first that fit into it are within it; the others are what to leave out first, the last of
-- them before. A cost without a rate, or a SKU without a price, cannot be compared and comes last.
-- grain:  one row per suggested purchase order line
-- needs:  all orders, all sibling_orders, sku_map, bundles, all stock, supplier_items, suppliers, receipts,
--   purchase_orders, inbound, stock_history
-- keys:   shop, po_key
-- inputs: ledger.purchase_suggestions, core.purchase_order_lines, ops.reorder_plan, ops.unit_prices, settings.buying,
--   settings.rates

create or replace table marts.purchase_suggestions as
with

tonight as (
    select
        sku,
        cast(sum(suggested_units) as bigint) as units
    from ops.reorder_plan
    group by sku
),

open_lines as (
    select
        purchase_suggestions.po_key,
        purchase_suggestions.line_amount / rates.rate as own_amount,
        unit_prices.net_unit_price / nullif(purchase_suggestions.unit_cost_amount / rates.rate, 0) - 1 as margin_rate
    from ledger.purchase_suggestions
    left join settings.rates on purchase_suggestions.currency = rates.currency
    left join ops.unit_prices on purchase_suggestions.sku = unit_prices.sku
    where purchase_suggestions.state in ('suggested', 'pending_approval', 'approved')
),

ranked as (
    select
        *,
        row_number() over (order by margin_rate desc nulls last, po_key asc) as budget_rank
    from open_lines
),

budgeted as (
    select
        *,
        sum(own_amount) over (order by budget_rank) as so_far_amount,
        bool_or(own_amount is null) over (order by budget_rank) as is_unknown
    from ranked
),

ordered as (
    select
        ours.po_key,
        theirs.ordered_units,
        theirs.received_units
    from ledger.purchase_suggestions as ours
    inner join core.purchase_order_lines as theirs
        on
            ours.sku = theirs.sku
            and ours.supplier = theirs.supplier_id
            and ours.opened_on <= theirs.ordered_date
            and theirs.state <> 'draft'
    where ours.state = 'ordered'
    qualify dense_rank() over (partition by ours.po_key order by theirs.ordered_date, theirs.po_number) = 1
),

received as (
    select po_key
    from ordered
    group by po_key
    having bool_and(received_units >= ordered_units)
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
    if(received.po_key is null, purchase_suggestions.state, 'received') as state,
    purchase_suggestions.approver,
    purchase_suggestions.due_date,
    purchase_suggestions.opened_on as opened_date,
    purchase_suggestions.ordered_on as ordered_date,
    cast(budgeted.margin_rate as decimal(18, 6)) as margin_per_cash,
    budgeted.budget_rank,
    case
        when budgeted.po_key is null or buying.budget_amount is null then null
        when budgeted.so_far_amount > buying.budget_amount then false
        when not budgeted.is_unknown then true
    end as within_budget,
    purchase_suggestions.reason
from ledger.purchase_suggestions
left join tonight using (sku)
left join budgeted using (po_key)
left join received using (po_key)
cross join settings.buying;

comment on column marts.purchase_suggestions.units is 'Units it was made with; what a person decides on';
comment on column marts.purchase_suggestions.state is 'suggested, pending_approval, approved, rejected, ordered, received or withdrawn';
comment on column marts.purchase_suggestions.ordered_date is 'Day it was ordered; null where it was not';
comment on column marts.purchase_suggestions.reason is 'Why';
