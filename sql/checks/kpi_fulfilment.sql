-- KPIs of the fulfilment station: on-time shipping, units sent of those due, orders sent right, cycle time, backlog.
-- grain:  one row per KPI × day or week × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: ops.fulfilment_orders, ops.order_accuracy, checks.periods, settings.run

create or replace table checks.kpi_fulfilment as
with

-- By the day they were due, not the day they left: an order that never leaves must count as late.
on_time as (
    select
        periods.grain,
        periods.from_date,
        periods.channel,
        count(*) filter (where orders.is_on_time) as on_time,
        count(*) as due
    from checks.periods as periods
    inner join ops.fulfilment_orders as orders
        on
            periods.channel in (orders.channel, 'all')
            and orders.due_date between periods.from_date and periods.to_date
    where orders.is_due and orders.is_on_time is not null
    group by periods.grain, periods.from_date, periods.channel
),

-- Of the units due in the period, those gone by now, whenever they went.
sent as (
    select
        periods.grain,
        periods.from_date,
        periods.channel,
        sum(orders.shipped_units) as shipped_units,
        sum(orders.ordered_units) as due_units
    from checks.periods as periods
    inner join ops.fulfilment_orders as orders
        on
            periods.channel in (orders.channel, 'all')
            and orders.due_date between periods.from_date and periods.to_date
    where orders.is_due
    group by periods.grain, periods.from_date, periods.channel
    having sum(orders.ordered_units) > 0
),

-- On the day on which the days that returns take are over: before it nobody can say that an order was sent right.
right_orders as (
    select
        periods.grain,
        periods.from_date,
        periods.channel,
        count(*) filter (where accuracy.is_accurate) as accurate,
        count(*) as judged
    from ops.order_accuracy as accuracy
    inner join ops.fulfilment_orders as orders using (channel, order_id)
    inner join checks.periods as periods
        on
            periods.channel in (orders.channel, 'all')
            and orders.shipped_date + order_accuracy_days() between periods.from_date and periods.to_date
    where accuracy.is_accurate is not null
    group by periods.grain, periods.from_date, periods.channel
),

cycle as (
    select
        periods.grain,
        periods.from_date,
        periods.channel,
        quantile_cont(orders.cycle_hours, 0.5) as p50_hours,
        quantile_cont(orders.cycle_hours, 0.9) as p90_hours,
        count(*) as shipped
    from checks.periods as periods
    inner join ops.fulfilment_orders as orders
        on
            periods.channel in (orders.channel, 'all')
            and orders.shipped_date between periods.from_date and periods.to_date
    where orders.cycle_hours is not null and not orders.is_scheduled
    group by periods.grain, periods.from_date, periods.channel
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
backlog as (
    select
        closes.grain,
        closes.from_date,
        closes.channel,
        count(*) filter (where orders.ordered_at < closes.closes_at - to_hours(backlog_age_hours()[1])) as aged,
        count(*) as waiting
    from closes
    inner join ops.fulfilment_orders as orders
        on
            closes.channel in (orders.channel, 'all')
            and closes.closes_at > orders.ordered_at
            and (orders.is_waiting or closes.closes_at < orders.shipped_at)
    where not orders.is_scheduled and not orders.is_cancelled
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
    due as denominator,
    null as figure,
    due as n
from on_time
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
from sent
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
    cast(p50_hours as decimal(18, 6)) as figure,
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
    cast(p90_hours as decimal(18, 6)) as figure,
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
