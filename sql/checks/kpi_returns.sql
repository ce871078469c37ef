-- KPIs of returns: of what left in a period, what came back by now; what came back in it next to what left in it; of
-- what came back, what was graded, and why. Of what a channel sold of which no report of returns ever came nobody knows
-- what came back: it is in neither.
-- grain:  one row per KPI × day or week × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: ops.shipped_goods, ops.report_presence, core.returns, checks.periods, settings.locations

create or replace table checks.kpi_returns as
with

back as (
    select
        returns.channel,
        returns.returned_date,
        returns.disposition <> 'pending' as is_graded,
        returns.return_reason is not null as has_known_reason,
        returns.reason is not null as has_reason,
        coalesce(locations.kind <> 'amazon', false) as is_ours,
        sum(returns.returned_units) as returned_units
    from core.returns
    left join settings.locations using (location)
    where returns.returned_units > 0
    group by all
),

goods as (
    select shipped_goods.*
    from ops.shipped_goods
    inner join ops.report_presence using (channel)
    where report_presence.has_returns
),

shipped as (
    select
        channel,
        left_date,
        sum(shipped_units) as shipped_units,
        sum(returned_units) as returned_units
    from goods
    group by channel, left_date
),

-- What left and what came on each day; what no file dates is with its order's day, as in marts.returns_by_sku.
moved as (
    select
        channel,
        coalesce(left_date, business_date) as date,
        sum(shipped_units) as shipped_units,
        0 as returned_units
    from goods
    group by all
    union all
    select
        channel,
        returned_date as date,
        0 as shipped_units,
        returned_units
    from back
)

select
    'returned_rate' as kpi,
    periods.grain,
    periods.from_date,
    periods.channel,
    sum(moved.returned_units) as numerator,
    sum(moved.shipped_units) as denominator,
    null as figure,
    sum(moved.shipped_units) as n
from checks.periods as periods
inner join moved
    on
        moved.date between periods.from_date and periods.to_date
        and periods.channel in (moved.channel, 'all')
group by periods.grain, periods.from_date, periods.channel
having sum(moved.shipped_units) > 0
union all
select
    'return_rate' as kpi,
    periods.grain,
    periods.from_date,
    periods.channel,
    sum(shipped.returned_units) as numerator,
    sum(shipped.shipped_units) as denominator,
    null as figure,
    sum(shipped.shipped_units) as n
from checks.periods as periods
inner join shipped
    on
        shipped.left_date between periods.from_date and periods.to_date
        and periods.channel in (shipped.channel, 'all')
group by periods.grain, periods.from_date, periods.channel
union all
select
    'graded_return_rate' as kpi,
    periods.grain,
    periods.from_date,
    periods.channel,
    coalesce(sum(back.returned_units) filter (where back.is_graded), 0) as numerator,
    sum(back.returned_units) as denominator,
    null as figure,
    sum(back.returned_units) as n
from checks.periods as periods
inner join back
    on
        back.returned_date between periods.from_date and periods.to_date
        and periods.channel in (back.channel, 'all')
where back.is_ours
group by periods.grain, periods.from_date, periods.channel
union all
select
    'return_reason_known_rate' as kpi,
    periods.grain,
    periods.from_date,
    periods.channel,
    coalesce(sum(back.returned_units) filter (where back.has_known_reason), 0) as numerator,
    sum(back.returned_units) as denominator,
    null as figure,
    sum(back.returned_units) as n
from checks.periods as periods
inner join back
    on
        back.returned_date between periods.from_date and periods.to_date
        and periods.channel in (back.channel, 'all')
where back.has_reason
group by periods.grain, periods.from_date, periods.channel;
