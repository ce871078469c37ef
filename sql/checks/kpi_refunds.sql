-- KPI of refunds: how long a buyer waits for the money once the goods are back.
-- What was refunded before it came back kept nobody waiting.
-- grain:  one row per KPI × day or week × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: marts.refund_ties, checks.periods, settings.run

create or replace table checks.kpi_refunds as
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
