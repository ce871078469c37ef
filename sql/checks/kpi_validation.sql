-- KPI of validation: of the orders placed in a period, those that could not be sent as they came.
-- grain:  one row per KPI × day or week × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: ops.order_checks, checks.periods, settings.channels, settings.run

create or replace table checks.kpi_validation as
with placed as (
    select
        order_checks.channel,
        day_of(order_checks.ordered_at, channels.timezone, run.timezone) as ordered_date,
        count(*) as orders,
        count(*) filter (
            where coalesce(order_checks.phone_fault, order_checks.address_fault, order_checks.method_fault) is not null
        ) as faulty
    from ops.order_checks
    left join settings.channels using (channel)
    cross join settings.run
    where order_checks.is_judged
    group by all
)

select
    'validation_failure_rate' as kpi,
    periods.grain,
    periods.from_date,
    periods.channel,
    sum(placed.faulty) as numerator,
    sum(placed.orders) as denominator,
    null as figure,
    sum(placed.orders) as n
from checks.periods as periods
inner join placed
    on
        periods.channel in (placed.channel, 'all')
        and placed.ordered_date between periods.from_date and periods.to_date
group by periods.grain, periods.from_date, periods.channel;
