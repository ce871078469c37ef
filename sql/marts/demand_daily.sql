-- What was ordered each day of the window, bundles taken apart, and whether it could be had.
-- grain:  one row per SKU × day of the window
-- needs:  all orders, all sibling_orders, sku_map, bundles, stock_history
-- keys:   shop, sku, business_date
-- inputs: ops.demand_daily, ops.capped_days, settings.run

create or replace table marts.demand_daily as
select
    run.shop,
    demand_daily.sku,
    demand_daily.business_date,
    demand_daily.units,
    coalesce(capped_days.capped_units, demand_daily.units) as capped_units,
    demand_daily.is_in_stock as in_stock,
    cast(null as boolean) as promotion,
    demand_daily.stock_age_days,
    '2' as rule_version
from ops.demand_daily
left join ops.capped_days using (sku, business_date)
cross join settings.run;

comment on table marts.demand_daily is 'What was ordered each day of the window, bundles taken apart, and whether it could be had.';
comment on column marts.demand_daily.shop is 'Shop';
comment on column marts.demand_daily.sku is 'Seller''s SKU';
comment on column marts.demand_daily.business_date is 'Closed day, local';
comment on column marts.demand_daily.units is 'Units ordered and not cancelled, bundles taken apart; null on a day whose orders no file tells: before the first order that is known, or after the newest file where that is older than its limit';
comment on column marts.demand_daily.capped_units is 'Units that the reorder plan counts: a one-off bulk order is capped';
comment on column marts.demand_daily.in_stock is 'Some place had a unit at the close of the day; null where its stock is unknown';
comment on column marts.demand_daily.promotion is 'A promotion ran; null: no promotions file is read yet';
comment on column marts.demand_daily.stock_age_days is 'Days since the oldest count that in_stock relies on; null where there is none';
comment on column marts.demand_daily.rule_version is 'Version of the rule that computed it';
