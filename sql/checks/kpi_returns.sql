-- KPIs of returns: of what left in a period, what came back by now; and how long a buyer waits for the money.
-- grain:  one row per KPI × day or week × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: ops.shipped_goods, marts.refund_ties, checks.periods, settings.run

create or replace table checks.kpi_returns as
select
    'return_rate' as kpi,
    periods.grain,
    periods.from_date,
    periods.channel,
    sum(shipped_goods.returned_units) as numerator,
    sum(shipped_goods.shipped_units) as denominator,
    null as figure,
    sum(shipped_goods.shipped_units) as n
from checks.periods as periods
inner join ops.shipped_goods
    on
        shipped_goods.left_date between periods.from_date and periods.to_date
        and periods.channel in (shipped_goods.channel, 'all')
group by periods.grain, periods.from_date, periods.channel
union all
-- What was refunded before it came back kept nobody waiting.
select
    'refund_days' as kpi,
    periods.grain,
    periods.from_date,
    periods.channel,
    null as numerator,
    null as denominator,
    quantile_cont(greatest(refund_ties.refund_after_days, 0), 0.5) as figure,
    count(*) as n
from checks.periods as periods
cross join settings.run
inner join marts.refund_ties
    on
        cast(timezone(run.timezone, refund_ties.refunded_at) as date) between periods.from_date and periods.to_date
        and periods.channel in (refund_ties.channel, 'all')
where refund_ties.refund_after_days is not null
group by periods.grain, periods.from_date, periods.channel;
