-- KPIs of the inventory station: stock-outs and oversold SKUs.
-- Both as they are, and of the whole shop: a SKU is no channel's own. A SKU that no file counts is in neither: it is not
-- out of stock, it is unknown.
-- grain:  one row per KPI × day or week × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: ops.stock_position, ops.oversold, ops.demand_daily, checks.periods

create or replace table checks.kpi_inventory as
with

-- What sold in the window: a SKU that nobody orders is not missed.
wanted as (
    select sku
    from ops.demand_daily
    group by sku
    having sum(units) > 0
),

-- Only what some file counts is known; what is promised at an uncounted place draws on the counted ones.
stocked as (
    select
        sku,
        sum(coalesce(available_units, -reserved_units)) as available_units
    from ops.stock_position
    group by sku
    having bool_or(source_as_of is not null)
),

stockouts as (
    select
        count(*) filter (where stocked.available_units <= 0) as out_of_stock,
        count(*) as wanted
    from wanted
    inner join stocked on wanted.sku = stocked.sku
),

oversold as (
    select
        count(*) filter (where sku in (select sku from ops.oversold)) as oversold,
        count(*) as skus
    from stocked
),

whole_shop as (
    select
        grain,
        from_date,
        channel
    from checks.periods
    where is_current and channel = 'all'
)

select
    'stockout_rate' as kpi,
    whole_shop.grain,
    whole_shop.from_date,
    whole_shop.channel,
    stockouts.out_of_stock as numerator,
    stockouts.wanted as denominator,
    null as figure,
    stockouts.wanted as n
from whole_shop
cross join stockouts
union all
select
    'oversold_skus' as kpi,
    whole_shop.grain,
    whole_shop.from_date,
    whole_shop.channel,
    oversold.oversold as numerator,
    null as denominator,
    oversold.oversold as figure,
    oversold.skus as n
from whole_shop
cross join oversold
where oversold.skus > 0;
