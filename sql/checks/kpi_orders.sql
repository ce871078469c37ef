-- KPIs of the orders station: how many orders, cancellations, mapped lines, the exception queue.
-- grain:  one row per KPI × day or week × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: core.orders, core.order_lines, ops.report_presence, ledger.exceptions, checks.periods, settings.channels,
--   settings.run, settings.stock

create or replace table checks.kpi_orders as
with

-- An order none of whose lines was accepted is no order we can speak of.
placed as (
    select
        orders.channel,
        day_of(orders.ordered_at, channels.timezone, run.timezone) as ordered_date,
        count(*) filter (where orders.state = 'cancelled') as cancelled,
        count(*) as placed
    from core.orders
    left join settings.channels using (channel)
    cross join settings.run
    where
        orders.is_counted
        and is_placed_order(orders.state, orders.sale_reason)
        and exists (
            select 1 from core.order_lines
            where order_lines.channel = orders.channel and order_lines.order_id = orders.order_id
        )
    group by all
),

-- By the day it was placed: a late cancellation changes the past day's figure.
cancelled as (
    select
        periods.grain,
        periods.from_date,
        periods.channel,
        sum(placed.cancelled) as cancelled,
        sum(placed.placed) as placed
    from checks.periods as periods
    inner join placed
        on
            periods.channel in (placed.channel, 'all')
            and placed.ordered_date between periods.from_date and periods.to_date
    group by periods.grain, periods.from_date, periods.channel
),

-- A period of which all orders are known, and none was placed, is a figure: nought. Of one that no file covers to its
-- end nothing is said, and of the whole shop only where that holds of each channel that has orders.
known as (
    select
        periods.grain,
        periods.from_date,
        periods.channel
    from checks.periods as periods
    inner join ops.report_presence
        on periods.channel in (report_presence.channel, 'all') and report_presence.has_orders
    where periods.grain in ('day', 'week', 'month')
    group by periods.grain, periods.from_date, periods.channel, periods.to_date, periods.closes_at
    having
        min(report_presence.orders_known_from_at) < periods.closes_at
        -- The day on which it came was not over.
        and periods.to_date < coalesce(min(report_presence.orders_known_to_date), periods.to_date + 1)
),

-- As it is now, over the window: a corrected map corrects the past too.
mapped_by_channel as (
    select
        order_lines.channel,
        count(*) filter (where order_lines.is_mapped) as mapped,
        count(*) as lines
    from core.order_lines
    cross join settings.run
    cross join settings.stock
    where
        order_lines.is_counted
        and order_lines.business_date >= run.business_date - cast(stock.window_days as integer)
    group by order_lines.channel
),

mapped as (
    select
        periods.grain,
        periods.from_date,
        periods.channel,
        sum(by_channel.mapped) as mapped,
        sum(by_channel.lines) as lines
    from checks.periods as periods
    inner join mapped_by_channel as by_channel on periods.channel in (by_channel.channel, 'all')
    where periods.is_current
    group by periods.grain, periods.from_date, periods.channel
),

-- As of now; an empty queue is a figure, not a lack of one.
queue as (
    select
        periods.grain,
        periods.from_date,
        periods.channel,
        count(exceptions.exception_id) as open_count,
        count(exceptions.exception_id) filter (where exceptions.due_at < run.as_of) as overdue_count
    from checks.periods as periods
    cross join settings.run
    left join ledger.exceptions
        on (periods.channel = exceptions.channel or periods.channel = 'all') and exceptions.state <> 'closed'
    where periods.is_current
    group by periods.grain, periods.from_date, periods.channel
)

select
    'cancel_rate' as kpi,
    grain,
    from_date,
    channel,
    cancelled as numerator,
    placed as denominator,
    null as figure,
    placed as n
from cancelled
union all
select
    'order_volume' as kpi,
    known.grain,
    known.from_date,
    known.channel,
    coalesce(cancelled.placed, 0) as numerator,
    null as denominator,
    coalesce(cancelled.placed, 0) as figure,
    coalesce(cancelled.placed, 0) as n
from known
left join cancelled using (grain, from_date, channel)
union all
select
    'mapped_line_rate' as kpi,
    grain,
    from_date,
    channel,
    mapped as numerator,
    lines as denominator,
    null as figure,
    lines as n
from mapped
union all
select
    'open_exceptions' as kpi,
    grain,
    from_date,
    channel,
    open_count as numerator,
    null as denominator,
    open_count as figure,
    open_count as n
from queue
union all
select
    'overdue_exceptions' as kpi,
    grain,
    from_date,
    channel,
    overdue_count as numerator,
    null as denominator,
    overdue_count as figure,
    open_count as n
from queue;
