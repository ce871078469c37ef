-- What was ordered each day of the window, bundles taken apart, and whether it could be had.
-- grain:  one row per SKU × day of the window
-- needs:  all orders, all sibling_orders, sku_map, bundles, stock_history
-- keys:   shop, sku, business_date
-- inputs: ops.demand_daily, ops.capped_days, settings.run

create or replace table marts.demand_daily as
with

-- The pools together; one without any place by then says nothing of whether the SKU could be had.
days as (
    select
        demand_daily.sku,
        demand_daily.business_date,
        cast(sum(demand_daily.units) as bigint) as units,
        cast(sum(coalesce(capped_days.capped_units, demand_daily.units)) as bigint) as capped_units,
        case
            when bool_or(demand_daily.is_in_stock) then true
            when bool_and(demand_daily.is_in_stock is not null) filter (where demand_daily.has_place) then false
        end as in_stock,
        max(demand_daily.stock_age_days) as stock_age_days
    from ops.demand_daily
    left join ops.capped_days using (sku, pool, business_date)
    group by demand_daily.sku, demand_daily.business_date
)

select
    run.shop,
    days.sku,
    days.business_date,
    days.units,
    days.capped_units,
    days.in_stock,
    cast(null as boolean) as promotion,
    days.stock_age_days,
    getvariable('rule_version') as rule_version
from days
cross join settings.run;

comment on column marts.demand_daily.business_date is 'Closed day, local';
comment on column marts.demand_daily.units is 'Units ordered and not cancelled, bundles taken apart; null on a day whose orders no file reports: before the first order that is known, or after the newest file where that is older than its limit';
