-- KPIs of the fulfilment station: on-time shipping, units sent of those due, orders sent right, cycle time, backlog.
-- grain:  one row per KPI × day or week × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: ops.fulfilment_orders, ops.order_accuracy, checks.periods, settings.kpis, settings.run

create or replace table checks.kpi_fulfilment as
with

-- By the day they were due, not the day they left: an order that never leaves must count as late.
due_daily as (
    select
        channel,
        due_date,
        count(*) filter (where is_on_time) as on_time,
        count(is_on_time) as judged,
        sum(shipped_units) as shipped_units,
        sum(ordered_units) as due_units
    from ops.fulfilment_orders
    where is_due
    group by channel, due_date
),

-- Of the units due in the period, those gone by now, whenever they went.
due as (
    select
        periods.grain,
        periods.from_date,
        periods.channel,
        sum(daily.on_time) as on_time,
        sum(daily.judged) as judged,
        sum(daily.shipped_units) as shipped_units,
        sum(daily.due_units) as due_units
    from checks.periods as periods
    inner join due_daily as daily
        on
            periods.channel in (daily.channel, 'all')
            and daily.due_date between periods.from_date and periods.to_date
    group by periods.grain, periods.from_date, periods.channel
),

-- On the day on which the days that returns take are over: before it nobody can say that an order was sent right.
right_daily as (
    select
        orders.channel,
        orders.shipped_date + order_accuracy_days() as judged_date,
        count(*) filter (where accuracy.is_accurate) as accurate,
        count(*) as judged
    from ops.order_accuracy as accuracy
    inner join ops.fulfilment_orders as orders using (channel, order_id)
    where accuracy.is_accurate is not null
    group by all
),

right_orders as (
    select
        periods.grain,
        periods.from_date,
        periods.channel,
        sum(daily.accurate) as accurate,
        sum(daily.judged) as judged
    from checks.periods as periods
    inner join right_daily as daily
        on
            periods.channel in (daily.channel, 'all')
            and daily.judged_date between periods.from_date and periods.to_date
    group by periods.grain, periods.from_date, periods.channel
),

cycles as (
    select
        unnest([channel, 'all']) as channel,
        shipped_date as day,
        cycle_hours
    from ops.fulfilment_orders
    where cycle_hours is not null and not is_scheduled
),

-- Days with enough cases of their own, which no trailing window replaces: of a busy shop that is most of the work. On
-- a Monday the week has no day yet, and takes the windows that end with the last closed day.
busy_days as (
    select
        cycles.channel,
        cycles.day
    from cycles
    cross join settings.run
    where cycles.day < run.business_date - 1
    group by cycles.channel, cycles.day
    having
        count(*) >= (
            select max(kpis.minimum_n)
            from settings.kpis
            where kpis.kpi in ('cycle_hours_p50', 'cycle_hours_p90')
        )
),

-- A median of medians is none: each order counts in every period that its day is in.
period_days as (
    select
        periods.grain,
        periods.from_date,
        periods.channel,
        cast(unnest(generate_series(periods.from_date, periods.to_date, interval 1 day)) as date) as day
    from checks.periods as periods
    anti join busy_days
        on
            starts_with(periods.grain, 'trailing_') and periods.channel = busy_days.channel
            and periods.to_date = busy_days.day
),

cycle as (
    select
        period_days.grain,
        period_days.from_date,
        period_days.channel,
        quantile_cont(cycles.cycle_hours, [0.5, 0.9]) as hours,
        count(*) as shipped
    from period_days
    inner join cycles using (channel, day)
    group by period_days.grain, period_days.from_date, period_days.channel
),

-- What waits is a state: that of a week which is not over is of now, not of its last closed day.
closes as (
    select
        periods.grain,
        periods.from_date,
        periods.channel,
        if(periods.is_current, run.as_of, periods.closes_at) as closes_at
    from checks.periods as periods
    cross join settings.run
    where periods.grain in ('day', 'week')
),

-- At the close of each period, of what is not cancelled today: so a past day is as true as this one.
waited as (
    select
        channel,
        ordered_at,
        case when is_waiting then cast('infinity' as timestamptz) else shipped_at end as until_at
    from ops.fulfilment_orders
    where not is_scheduled and not is_cancelled
),

backlog as (
    select
        closes.grain,
        closes.from_date,
        closes.channel,
        count(*) filter (where orders.ordered_at < closes.closes_at - to_hours(backlog_age_hours()[1])) as aged,
        count(*) as waiting
    from closes
    inner join waited as orders
        on
            closes.channel in (orders.channel, 'all')
            and closes.closes_at > orders.ordered_at
            and closes.closes_at < orders.until_at
    group by closes.grain, closes.from_date, closes.channel
),

-- Before the first order that is known, nobody knows what waited.
first_orders as (
    select
        channel,
        min(ordered_at) as ordered_at
    from ops.fulfilment_orders
    group by channel
),

known as (
    select
        periods.grain,
        periods.from_date,
        periods.channel
    from checks.periods as periods
    inner join first_orders
        on periods.channel in (first_orders.channel, 'all') and periods.closes_at > first_orders.ordered_at
    where periods.grain in ('day', 'week')
    group by periods.grain, periods.from_date, periods.channel
)

select
    'on_time_ship_rate' as kpi,
    grain,
    from_date,
    channel,
    on_time as numerator,
    judged as denominator,
    null as figure,
    judged as n
from due
where judged > 0
union all
select
    'fulfilment_rate' as kpi,
    grain,
    from_date,
    channel,
    shipped_units as numerator,
    due_units as denominator,
    null as figure,
    due_units as n
from due
where due_units > 0
union all
select
    'order_accuracy_rate' as kpi,
    grain,
    from_date,
    channel,
    accurate as numerator,
    judged as denominator,
    null as figure,
    judged as n
from right_orders
union all
select
    'cycle_hours_p50' as kpi,
    grain,
    from_date,
    channel,
    null as numerator,
    null as denominator,
    cast(hours[1] as decimal(18, 6)) as figure,
    shipped as n
from cycle
union all
select
    'cycle_hours_p90' as kpi,
    grain,
    from_date,
    channel,
    null as numerator,
    null as denominator,
    cast(hours[2] as decimal(18, 6)) as figure,
    shipped as n
from cycle
union all
select
    'backlog_24h' as kpi,
    known.grain,
    known.from_date,
    known.channel,
    coalesce(backlog.aged, 0) as numerator,
    null as denominator,
    cast(coalesce(backlog.aged, 0) as decimal(18, 6)) as figure,
    coalesce(backlog.waiting, 0) as n
from known
left join backlog using (grain, from_date, channel);
