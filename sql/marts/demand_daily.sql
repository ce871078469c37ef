-- What was ordered each day of the window, bundles taken apart, whether it could be had, and what was lost where not.
-- On a day that closed without stock a SKU is taken to lose what it sells on a day in stock (the velocity of the plan),
-- less what it sold that day, at what a unit brought on average (ops.unit_prices). It is an estimate, and unknown where the
-- stock of the day or the velocity is.
-- grain:  one row per SKU × day of the window
-- needs:  all orders, all sibling_orders, sku_map, bundles, stock_history
-- keys:   shop, sku, business_date
-- inputs: ops.demand_daily, ops.capped_days, ops.reorder_plan, ops.unit_prices, core.promotions, core.bundles,
--   settings.run

create or replace table marts.demand_daily as
with

-- What is promoted sells, and so does what it is made of; without a SKU everything is.
promotions as (
    select
        sku,
        start_date,
        coalesce(end_date, date '9999-12-31') as end_date
    from core.promotions
    union all
    select
        bundles.component_sku as sku,
        promotions.start_date,
        coalesce(promotions.end_date, date '9999-12-31') as end_date
    from core.promotions
    inner join core.bundles on promotions.sku = bundles.bundle_sku
),

promoted as (
    select distinct
        demand_daily.sku,
        demand_daily.business_date
    from ops.demand_daily
    inner join promotions
        on
            demand_daily.business_date between promotions.start_date and promotions.end_date
            and coalesce(promotions.sku, demand_daily.sku) = demand_daily.sku
),

estimated as (
    select
        demand_daily.*,
        case
            when demand_daily.units is null or reorder_plan.velocity is null then null
            when demand_daily.is_in_stock then 0
            when not demand_daily.is_in_stock then greatest(reorder_plan.velocity - demand_daily.units, 0)
        end as lost
    from ops.demand_daily
    left join ops.reorder_plan using (sku, pool)
),

-- The pools together; one without any place by then says nothing of whether the SKU could be had.
days as (
    select
        estimated.sku,
        estimated.business_date,
        cast(sum(estimated.units) as bigint) as units,
        cast(sum(coalesce(capped_days.capped_units, estimated.units)) as bigint) as capped_units,
        case
            when bool_or(estimated.is_in_stock) then true
            when bool_and(estimated.is_in_stock is not null) filter (where estimated.has_place) then false
        end as in_stock,
        case
            when bool_and(estimated.lost is not null) filter (where estimated.has_place)
                then sum(estimated.lost) filter (where estimated.has_place)
        end as lost,
        max(estimated.stock_age_days) as stock_age_days
    from estimated
    left join ops.capped_days using (sku, pool, business_date)
    group by estimated.sku, estimated.business_date
)

select
    run.shop,
    days.sku,
    days.business_date,
    days.units,
    days.capped_units,
    days.in_stock,
    case
        when exists (select 1 from core.promotions) then promoted.sku is not null
    end as promotion,
    cast(days.lost as decimal(18, 4)) as lost_units,
    cast(case when days.lost = 0 then 0 else days.lost * unit_prices.net_unit_price end as decimal(18, 2))
        as lost_amount,
    run.currency,
    days.stock_age_days,
    getvariable('rule_version') as rule_version
from days
left join promoted using (sku, business_date)
left join ops.unit_prices using (sku)
cross join settings.run;

comment on column marts.demand_daily.business_date is 'Closed day, local';
comment on column marts.demand_daily.units is 'Units ordered and not cancelled, bundles taken apart; null on a day whose orders no file reports: before the first order that is known, or after the newest file where that is older than its limit';
comment on column marts.demand_daily.lost_units is 'Units that would have sold had it been in stock, estimated: 0 in stock; null where stock, orders or velocity are unknown';
