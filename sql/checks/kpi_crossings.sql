-- KPI of buying: SKUs that came to their reorder point, and whose purchase nobody decided on or placed in time.
-- Of the needs of the shop's window whose days to order are over: those of the ledger, and what is at its reorder point
-- tonight without any line, such as a SKU without a supplier. A need that ended in time was none to order.
-- grain:  one row per KPI × day or week × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: ledger.purchase_suggestions, ops.reorder_supply, checks.periods, settings.buying, settings.stock, settings.run

create or replace table checks.kpi_crossings as
with

answered as (
    select
        sku,
        crossing_date,
        min(least(cast(timezone(run.timezone, decided_at) as date), ordered_on)) as answered_date,
        min(ended_on) as ended_date
    from ledger.purchase_suggestions
    cross join settings.run
    where crossing_date is not null
    group by sku, crossing_date
    union all
    select
        reorder_supply.sku,
        reorder_supply.crossing_date,
        cast(null as date) as answered_date,
        cast(null as date) as ended_date
    from ops.reorder_supply
    anti join ledger.purchase_suggestions using (sku, crossing_date)
    where reorder_supply.crossing_date is not null
),

due as (
    select
        answered.*,
        answered.crossing_date + cast(buying.open_days as integer) as due_date
    from answered
    cross join settings.buying
)

select
    'missed_crossing_rate' as kpi,
    periods.grain,
    periods.from_date,
    periods.channel,
    count(*) filter (where coalesce(due.answered_date > due.due_date, true)) as numerator,
    count(*) as denominator,
    null as figure,
    count(*) as n
from checks.periods
cross join settings.run
cross join settings.stock
inner join due
    on
        run.business_date > due.due_date
        and run.business_date - cast(stock.window_days as integer) <= due.due_date
        and coalesce(due.ended_date > due.due_date, true)
where periods.is_current and periods.channel = 'all'
group by periods.grain, periods.from_date, periods.channel;
