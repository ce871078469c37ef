-- What was ordered each day of the window, bundles taken apart, and whether it could be had.
-- grain:  one row per SKU × day of the window
-- keys:   shop, sku, business_date
-- inputs: ops.demand_daily, settings.run

create or replace table marts.demand_daily as
select
    run.shop,
    demand_daily.sku,
    demand_daily.business_date,
    demand_daily.units,
    cast(null as bigint) as capped_units,
    demand_daily.is_in_stock as in_stock,
    cast(null as boolean) as promotion,
    '1' as rule_version
from ops.demand_daily
cross join settings.run;

comment on table marts.demand_daily is 'What was ordered each day of the window, bundles taken apart, and whether it could be had.';
comment on column marts.demand_daily.shop is 'Shop';
comment on column marts.demand_daily.sku is 'Seller''s SKU';
comment on column marts.demand_daily.business_date is 'Closed day, local';
comment on column marts.demand_daily.units is 'Units ordered and not cancelled, bundles taken apart';
comment on column marts.demand_daily.capped_units is 'Units above the spike threshold; null where the plan does not say yet';
comment on column marts.demand_daily.in_stock is 'Something was on hand at the close of the day; null where no history tells';
comment on column marts.demand_daily.promotion is 'A promotion ran; null: no promotions file is read yet';
comment on column marts.demand_daily.rule_version is 'Version of the rule that computed it';
