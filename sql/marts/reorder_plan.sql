-- What to reorder and why: both policies side by side.
-- grain:  one row per SKU × replenishment pool
-- needs:  all orders, all sibling_orders, sku_map, bundles, all stock, supplier_items, suppliers, receipts,
--   purchase_orders, stock_history
-- keys:   shop, sku, pool
-- inputs: ops.reorder_plan, ops.reorder_supply, settings.run

create or replace table marts.reorder_plan as
select
    run.shop,
    run.business_date as as_of,
    reorder_plan.sku,
    'all' as pool,
    reorder_supply.supplier,
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
    reorder_plan.backorders,
    reorder_plan.position,
    reorder_plan.action,
    reorder_plan.rule_id,
    reorder_plan.suggested_units,
    reorder_plan.suggested_units_seed90,
    reorder_plan.suggested_amount,
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
    reorder_plan.rule_version
from ops.reorder_plan
inner join ops.reorder_supply using (sku)
cross join settings.run;

comment on table marts.reorder_plan is 'What to reorder and why: both policies side by side.';
comment on column marts.reorder_plan.shop is 'Shop';
comment on column marts.reorder_plan.as_of is 'Business date of the state';
comment on column marts.reorder_plan.sku is 'Seller''s SKU';
comment on column marts.reorder_plan.pool is 'Replenishment pool: all locations together';
comment on column marts.reorder_plan.supplier is 'Preferred supplier, else the one of the lowest cost by the shop''s own rates';
comment on column marts.reorder_plan.units_90d is 'Units ordered in the window, gross of returns, bundles taken apart';
comment on column marts.reorder_plan.in_stock_days is 'Days of the window on which something was on hand; null where no day is known';
comment on column marts.reorder_plan.known_days is 'Days of the window of which the stock is known, in or out';
comment on column marts.reorder_plan.velocity is 'Units a day on known in-stock days, a bulk order capped; of the calendar until enough days are known';
comment on column marts.reorder_plan.calendar_velocity is 'Units a day of the whole window, a bulk order capped';
comment on column marts.reorder_plan.daily_demand is 'Units a day that the plan reckons with: spikes capped, intermittent demand by its own law';
comment on column marts.reorder_plan.sell_through_rate is 'sold ÷ (sold + on hand), 0 to 1';
comment on column marts.reorder_plan.days_of_cover is 'Days that available lasts';
comment on column marts.reorder_plan.lead_time_days is 'Days from order to receipt, measured or stated';
comment on column marts.reorder_plan.lead_time_sd is 'Standard deviation of it, days';
comment on column marts.reorder_plan.review_days is 'Days between two looks';
comment on column marts.reorder_plan.demand_sd is 'Standard deviation of daily demand, units';
comment on column marts.reorder_plan.service_level is 'Cycle service level of its class, 0 to 1';
comment on column marts.reorder_plan.safety_stock is 'Units kept against doubt';
comment on column marts.reorder_plan.reorder_point is 'Position at or below which to order: protected policy, units';
comment on column marts.reorder_plan.reorder_point_seed90 is 'The same by the seed90 policy, units';
comment on column marts.reorder_plan.on_hand is 'Units counted everywhere; null where no file counts the SKU';
comment on column marts.reorder_plan.on_order is 'Units confirmed and not too late';
comment on column marts.reorder_plan.backorders is 'Units owed';
comment on column marts.reorder_plan.position is 'available + on order − backorders − committed, units; null where no file counts the SKU';
comment on column marts.reorder_plan.action is 'reorder, soon, hold, overstock, discontinue or escalate';
comment on column marts.reorder_plan.rule_id is 'Rule that chose the action';
comment on column marts.reorder_plan.suggested_units is 'Units to order, full cases';
comment on column marts.reorder_plan.suggested_units_seed90 is 'What seed90 would order';
comment on column marts.reorder_plan.suggested_amount is 'What that costs';
comment on column marts.reorder_plan.currency is 'ISO 4217';
comment on column marts.reorder_plan.order_by_date is 'Last day to order without running out';
comment on column marts.reorder_plan.stockout_date is 'Day it runs out, receipts counted';
comment on column marts.reorder_plan.abc is 'Class by value sold';
comment on column marts.reorder_plan.xyz is 'Class by steadiness';
comment on column marts.reorder_plan.confidence is 'normal, or low where in-stock days are few or the count is old: then a person decides, on no more than seed90 says';
comment on column marts.reorder_plan.method is 'How safety stock was found';
comment on column marts.reorder_plan.crossing_date is 'Day the position came to the reorder point';
comment on column marts.reorder_plan.owner is 'Who places the order';
comment on column marts.reorder_plan.reason is 'Why, in a sentence';
comment on column marts.reorder_plan.rule_version is 'Version of the rule that computed it';
