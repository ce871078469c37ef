-- KPIs of the margin: what is left of a sale, and of how much of it that can be said.
-- Of the last whole month, in the shop's currency at the rates that its file fixes; one without a rate makes it unknown.
-- Where the margin of too much of the month's sales is not known, what is known is of another shop: it is no figure.
-- Before any file says what anything cost, no sale is without a cost that others have.
-- An item whose net is not known counts with what buyers paid, tax and all.
-- grain:  one row per KPI × day or week × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: core.unit_costs, marts.sku_margin, checks.periods, settings.rates, settings.run

create or replace table checks.kpi_margins as
with

months as (
    select
        sku_margin.channel,
        sku_margin.units,
        sku_margin.cost_known,
        rates.rate is null as is_unknown,
        at_rate(
            coalesce(sku_margin.net_amount, sku_margin.gross_amount - sku_margin.discount_amount), rates.rate
        ) as weight,
        at_rate(sku_margin.revenue_amount, rates.rate) as revenue,
        at_rate(sku_margin.margin_amount, rates.rate) as margin
    from marts.sku_margin
    left join settings.rates using (currency)
    cross join settings.run
    where sku_margin.month = month_of(date_trunc('month', run.business_date) - interval 1 month)
),

summed as (
    select
        periods.grain,
        periods.from_date,
        periods.channel,
        sum(months.margin) as margin,
        sum(months.revenue) filter (where months.margin is not null) as revenue,
        count(*) filter (where months.margin is not null and months.units > 0) as known_items,
        sum(months.weight) filter (where months.margin is not null and months.units > 0) as known,
        coalesce(sum(months.weight) filter (where months.cost_known and months.units > 0), 0) as costed,
        sum(months.weight) filter (where months.units > 0) as weight,
        count(*) filter (where months.units > 0) as items
    from checks.periods as periods
    inner join months on periods.channel in (months.channel, 'all')
    where periods.is_current
    group by periods.grain, periods.from_date, periods.channel
    having not bool_or(months.is_unknown)
)

select
    'contribution_margin_rate' as kpi,
    grain,
    from_date,
    channel,
    cast(margin as decimal(18, 2)) as numerator,
    cast(revenue as decimal(18, 2)) as denominator,
    null as figure,
    known_items as n
from summed
where known >= margin_known_rate() * weight
union all
select
    'cost_coverage_rate' as kpi,
    grain,
    from_date,
    channel,
    cast(costed as decimal(18, 2)) as numerator,
    cast(weight as decimal(18, 2)) as denominator,
    null as figure,
    items as n
from summed
where items > 0 and exists (from core.unit_costs);
