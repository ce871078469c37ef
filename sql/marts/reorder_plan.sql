-- What to reorder and why: both policies side by side.
-- grain:  one row per SKU × replenishment pool
-- needs:  all orders, all sibling_orders, sku_map, bundles, all stock, supplier_items, suppliers, receipts,
--   purchase_orders, inbound, stock_history
-- keys:   shop, sku, pool
-- inputs: ops.reorder_plan, ops.reorder_supply, ops.on_order_states, settings.run

create or replace table marts.reorder_plan as
select
    run.shop,
    run.business_date as as_of,
    reorder_plan.sku,
    reorder_plan.pool,
    reorder_supply.supplier,
    reorder_supply.alternate_supplier,
    reorder_plan.units_90d,
    reorder_plan.in_stock_days,
    reorder_plan.known_days,
    reorder_plan.velocity,
    reorder_plan.calendar_velocity,
    reorder_plan.demand_rate as daily_demand,
    cast(reorder_plan.sell_through_rate as decimal(9, 6)) as sell_through_rate,
    reorder_plan.days_of_cover,
    reorder_plan.lead_time_days,
    reorder_plan.lead_time_sd,
    reorder_plan.review_days,
    reorder_plan.demand_sd,
    cast(reorder_plan.service_level as decimal(9, 6)) as service_level,
    reorder_plan.safety_stock,
    reorder_plan.reorder_point,
    reorder_plan.reorder_point_seed90,
    reorder_plan.on_hand,
    reorder_plan.on_order,
    on_order_states.confirmed_units,
    on_order_states.unconfirmed_units,
    on_order_states.overdue_units,
    reorder_plan.backorders,
    reorder_plan.position,
    reorder_plan.action,
    reorder_plan.rule_id,
    reorder_plan.suggested_units,
    reorder_plan.suggested_units_seed90,
    reorder_plan.suggested_amount,
    reorder_plan.transfer_units,
    reorder_plan.is_covered,
    reorder_plan.beyond_limit_units,
    reorder_supply.currency,
    reorder_plan.order_by_date,
    reorder_plan.stockout_date,
    reorder_plan.abc,
    reorder_plan.xyz,
    reorder_plan.confidence,
    reorder_plan.method,
    reorder_supply.crossing_date,
    reorder_plan.owner,
    reorder_plan.reason,
    reorder_plan.override_reason,
    reorder_plan.override_until,
    getvariable('rule_version') as rule_version
from ops.reorder_plan
inner join ops.reorder_supply using (sku)
left join ops.on_order_states on reorder_plan.sku = on_order_states.sku and reorder_plan.pool = on_order_states.pool
cross join settings.run;

comment on column marts.reorder_plan.supplier is 'Preferred supplier, else the one of the lowest cost by the shop''s own rates';
comment on column marts.reorder_plan.lead_time_days is 'Days from order to receipt, measured or stated';
comment on column marts.reorder_plan.owner is 'Who places the order';
