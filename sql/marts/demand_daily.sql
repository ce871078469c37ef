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
    getvariable('rule_version') as rule_version
from ops.demand_daily
left join ops.capped_days using (sku, business_date)
cross join settings.run;

comment on column marts.demand_daily.business_date is 'Closed day, local';
comment on column marts.demand_daily.units is 'Units ordered and not cancelled, bundles taken apart; null on a day whose orders no file reports: before the first order that is known, or after the newest file where that is older than its limit';
