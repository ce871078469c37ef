-- What was ordered each day, bundles taken apart, and whether the SKU could be had that day.
-- The days are closed ones: the business date itself is not among them.
-- grain:  one row per SKU × day of the window
-- keys:   sku, business_date
-- inputs: core.order_lines, core.bundles, core.stock_history, core.stock_levels, settings.run, settings.stock

create or replace table ops.demand_daily as
with

days as (
    select
        cast(unnest(generate_series(
            run.business_date - cast(stock.window_days as integer), run.business_date - 1, interval 1 day
        )) as date) as business_date
    from settings.run
    cross join settings.stock
),

lines as (
    select
        coalesce(bundles.component_sku, order_lines.sku) as sku,
        order_lines.business_date,
        order_lines.quantity_units * coalesce(bundles.component_units, 1) as units
    from core.order_lines
    left join core.bundles on order_lines.sku = bundles.bundle_sku
    where order_lines.is_counted and not order_lines.is_cancelled
),

sold as (
    select
        sku,
        business_date,
        sum(units) as units
    from lines
    group by sku, business_date
),

skus as (
    select sku from sold
    union distinct
    select sku from core.stock_levels
),

stocked as (
    select
        sku,
        history_date,
        sum(on_hand_units) as on_hand_units
    from core.stock_history
    group by sku, history_date
)

select
    skus.sku,
    days.business_date,
    cast(coalesce(sold.units, 0) as bigint) as units,
    stocked.on_hand_units > 0 as is_in_stock
from skus
cross join days
left join sold on skus.sku = sold.sku and days.business_date = sold.business_date
left join stocked on skus.sku = stocked.sku and days.business_date = stocked.history_date;

comment on table ops.demand_daily is 'What was ordered each day, bundles taken apart, and whether the SKU could be had that day.';
comment on column ops.demand_daily.sku is 'Seller''s SKU';
comment on column ops.demand_daily.business_date is 'Local date of the order in its channel''s zone';
comment on column ops.demand_daily.units is 'Units ordered and not cancelled, bundles taken apart';
comment on column ops.demand_daily.is_in_stock is 'Something was on hand somewhere at the close of the day; null where no history tells';
