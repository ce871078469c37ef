-- The days, weeks and months that KPIs are computed for: each day of the window with today, each ISO week and calendar
-- month that is whole in it, and the current ones up to yesterday. Every KPI counts its facts into these cells, so a ratio is computed again at
-- each grain.
-- grain:  one row per day, week, month or trailing window × channel, and `all` for the whole shop
-- keys:   grain, from_date, channel
-- inputs: settings.run, settings.stock, settings.channels

create or replace table checks.periods as
with

days as (
    select
        run.business_date,
        cast(unnest(generate_series(
            run.business_date - cast(stock.window_days as integer), run.business_date, interval 1 day
        )) as date) as day
    from settings.run
    cross join settings.stock
),

windows as (select unnest(kpi_trailing_days()) as length_days),

-- A week that is not over covers its closed days: today's cases are not all there yet. A closed day's trailing week
-- and four weeks replace it where its own cases are too few.
periods as (
    select
        'day' as grain,
        strftime(day, '%Y-%m-%d') as period,
        day as from_date,
        day as to_date,
        day = business_date as is_current
    from days
    union all
    select
        'week' as grain,
        strftime(day, '%G-W%V') as period,
        day as from_date,
        least(day + 6, business_date - 1) as to_date,
        business_date <= day + 6 as is_current
    from days
    where extract(isodow from day) = 1
    union all
    select
        'month' as grain,
        strftime(day, '%Y-%m') as period,
        day as from_date,
        least(last_day(day), business_date - 1) as to_date,
        business_date <= last_day(day) as is_current
    from days
    where extract(day from day) = 1 and day < business_date
    union all
    select
        'trailing_' || windows.length_days as grain,
        strftime(days.day, '%Y-%m-%d') as period,
        days.day - windows.length_days + 1 as from_date,
        days.day as to_date,
        false as is_current
    from days
    cross join windows
    where days.day < days.business_date
),

places as (
    select channel from settings.channels
    union all
    select 'all' as channel
)

select
    periods.grain,
    periods.from_date,
    places.channel,
    periods.period,
    periods.to_date,
    periods.is_current,
    least(timezone(run.timezone, cast(periods.to_date + 1 as timestamp)), run.as_of) as closes_at
from periods
cross join places
cross join settings.run;

comment on column checks.periods.grain is 'day, week, month, trailing_7 or trailing_28 (days that end with to_date)';
