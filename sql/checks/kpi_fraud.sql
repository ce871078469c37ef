-- KPIs of fraud: the share of orders that are flagged, and of reviews that a person closed within their window.
-- grain:  one row per KPI × day or week × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: ops.fraud_orders, ledger.exceptions, checks.periods, settings.channels, settings.run

create or replace table checks.kpi_fraud as
with

placed as (
    select
        fraud_orders.channel,
        day_of(fraud_orders.ordered_at, channels.timezone, run.timezone) as ordered_date,
        count(*) filter (where fraud_orders.is_flagged) as flagged,
        count(*) as orders
    from ops.fraud_orders
    left join settings.channels using (channel)
    cross join settings.run
    group by all
),

-- By the day their window ended; who closed one before it did is in time. What a night closed by itself, because the
-- order was cancelled or left, was reviewed by nobody.
reviews as (
    select
        exceptions.channel,
        cast(timezone(run.timezone, exceptions.due_at) as date) as due_date,
        coalesce(exceptions.state = 'closed' and exceptions.closed_at <= exceptions.due_at, false)
        and exceptions.closed_by <> 'check' as is_in_time
    from ledger.exceptions
    cross join settings.run
    where exceptions.type = 'fraud_review' and exceptions.due_at <= run.as_of
)

select
    'fraud_flag_rate' as kpi,
    periods.grain,
    periods.from_date,
    periods.channel,
    sum(placed.flagged) as numerator,
    sum(placed.orders) as denominator,
    null as figure,
    sum(placed.orders) as n
from checks.periods as periods
inner join placed
    on
        periods.channel in (placed.channel, 'all')
        and placed.ordered_date between periods.from_date and periods.to_date
group by periods.grain, periods.from_date, periods.channel
union all
select
    'fraud_review_in_time_rate' as kpi,
    periods.grain,
    periods.from_date,
    periods.channel,
    count(*) filter (where reviews.is_in_time) as numerator,
    count(*) as denominator,
    null as figure,
    count(*) as n
from checks.periods as periods
inner join reviews
    on
        periods.channel in (reviews.channel, 'all')
        and reviews.due_date between periods.from_date and periods.to_date
group by periods.grain, periods.from_date, periods.channel;
