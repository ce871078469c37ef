-- KPIs of the customer service station: how fast buyers are answered, and what they ask.
-- grain:  one row per KPI × day or week × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: core.tickets, ops.fulfilment_orders, checks.periods

create or replace table checks.kpi_service as
with

-- A help desk does not know the channel: the whole shop only.
asked as (
    select
        periods.grain,
        periods.from_date,
        periods.channel,
        count(*) as tickets,
        count(*) filter (where tickets.is_answered) as answered,
        quantile_cont(tickets.first_response_minutes, 0.5) as p50_minutes,
        count(tickets.reopened_count) as with_reopens,
        count(*) filter (where tickets.reopened_count > 0) as reopened,
        count(*) filter (where tickets.is_where_is_my_order) as where_is_my_order,
        count(tickets.resolution_minutes) as resolved,
        quantile_cont(tickets.resolution_minutes, 0.5) / 60 as resolution_p50,
        quantile_cont(tickets.resolution_minutes, 0.9) / 60 as resolution_p90,
        count(tickets.is_macro) filter (where tickets.is_answered) as could_be_macros,
        count(*) filter (where tickets.is_answered and tickets.is_macro) as macros,
        count(tickets.is_satisfied) as scored,
        count(*) filter (where tickets.is_satisfied) as satisfied
    from checks.periods as periods
    inner join core.tickets as tickets on tickets.business_date between periods.from_date and periods.to_date
    where periods.channel = 'all' and tickets.is_agent_started is distinct from true
    group by periods.grain, periods.from_date, periods.channel
),

-- What is open when the night runs, by the newest file.
open_tickets as (
    select
        count(*) filter (where is_open) as waiting,
        count(*) as tickets
    from core.tickets
    where is_agent_started is distinct from true
),

shipped_daily as (
    select
        shipped_date,
        count(*) as orders
    from ops.fulfilment_orders
    group by shipped_date
),

shipped as (
    select
        periods.grain,
        periods.from_date,
        periods.channel,
        cast(sum(daily.orders) as bigint) as orders
    from checks.periods as periods
    inner join shipped_daily as daily
        on daily.shipped_date between periods.from_date and periods.to_date
    where periods.channel = 'all'
    group by periods.grain, periods.from_date, periods.channel
)

select
    'first_response_hours' as kpi,
    grain,
    from_date,
    channel,
    null as numerator,
    null as denominator,
    p50_minutes / 60 as figure,
    answered as n
from asked
union all
select
    'ticket_count' as kpi,
    grain,
    from_date,
    channel,
    tickets as numerator,
    null as denominator,
    tickets as figure,
    tickets as n
from asked
where grain in ('day', 'week')
union all
select
    'reopened_rate' as kpi,
    grain,
    from_date,
    channel,
    reopened as numerator,
    with_reopens as denominator,
    null as figure,
    with_reopens as n
from asked
where with_reopens > 0
union all
select
    'where_is_my_order_rate' as kpi,
    shipped.grain,
    shipped.from_date,
    shipped.channel,
    coalesce(asked.where_is_my_order, 0) as numerator,
    shipped.orders as denominator,
    null as figure,
    shipped.orders as n
from shipped
left join asked using (grain, from_date, channel)
union all
select
    'resolution_hours' as kpi,
    grain,
    from_date,
    channel,
    null as numerator,
    null as denominator,
    resolution_p50 as figure,
    resolved as n
from asked
union all
select
    'resolution_hours_p90' as kpi,
    grain,
    from_date,
    channel,
    null as numerator,
    null as denominator,
    resolution_p90 as figure,
    resolved as n
from asked
union all
select
    'macro_rate' as kpi,
    grain,
    from_date,
    channel,
    macros as numerator,
    could_be_macros as denominator,
    null as figure,
    could_be_macros as n
from asked
where could_be_macros > 0
union all
select
    'satisfaction_rate' as kpi,
    grain,
    from_date,
    channel,
    satisfied as numerator,
    scored as denominator,
    null as figure,
    scored as n
from asked
where scored > 0
union all
select
    'satisfaction_answer_rate' as kpi,
    grain,
    from_date,
    channel,
    scored as numerator,
    resolved as denominator,
    null as figure,
    resolved as n
from asked
where scored > 0
union all
select
    'open_tickets' as kpi,
    periods.grain,
    periods.from_date,
    periods.channel,
    open_tickets.waiting as numerator,
    null as denominator,
    open_tickets.waiting as figure,
    open_tickets.tickets as n
from checks.periods as periods
cross join open_tickets
where periods.is_current and periods.channel = 'all' and periods.grain in ('day', 'week') and open_tickets.tickets > 0;
