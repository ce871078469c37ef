-- KPI of refunds: how long a buyer waits for the money once the goods are back.
-- What was refunded before it came back kept nobody waiting.
-- grain:  one row per KPI × day or week × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: marts.refund_ties, checks.periods, settings.run

create or replace table checks.kpi_refunds as
with

refunds as (
    select
        refund_ties.channel,
        cast(timezone(run.timezone, refund_ties.refunded_at) as date) as refunded_date,
        greatest(refund_ties.refund_after_days, 0) as waited_days
    from marts.refund_ties
    cross join settings.run
    where refund_ties.refund_after_days is not null
)

select
    'refund_days' as kpi,
    periods.grain,
    periods.from_date,
    periods.channel,
    null as numerator,
    null as denominator,
    quantile_cont(refunds.waited_days, 0.5) as figure,
    count(*) as n
from checks.periods as periods
inner join refunds
    on
        refunds.refunded_date between periods.from_date and periods.to_date
        and periods.channel in (refunds.channel, 'all')
group by periods.grain, periods.from_date, periods.channel;
