-- KPI of picking: whether the shelf has what has to leave today.
-- grain:  one row per KPI × day or week × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: ops.pick_lines, checks.periods, settings.run

create or replace table checks.kpi_picking as
with

due as (
    select
        pick_lines.channel,
        pick_lines.order_id,
        coalesce(sum(pick_lines.short_units), 0) = 0 as is_whole
    from ops.pick_lines as pick_lines
    cross join settings.run
    where pick_lines.ship_by_date <= run.business_date
    group by pick_lines.channel, pick_lines.order_id
    -- Of a place that nobody counts, nobody knows.
    having count(*) = count(pick_lines.short_units)
)

select
    'pickable_order_rate' as kpi,
    periods.grain,
    periods.from_date,
    periods.channel,
    count(*) filter (where due.is_whole) as numerator,
    count(*) as denominator,
    null as figure,
    count(*) as n
from checks.periods as periods
inner join due on periods.channel in (due.channel, 'all')
where periods.is_current
group by periods.grain, periods.from_date, periods.channel;
