-- The days and weeks that KPIs are told for: each day of the window with today, each ISO week that lies whole in it,
-- and the current week. Every KPI counts its facts into these cells, so a ratio is computed anew at each grain.
-- grain:  one row per day or week × channel, and `all` for the whole shop
-- keys:   grain, from_date, channel
-- inputs: settings.run, settings.stock, settings.channels

create or replace table ops.kpi_periods as
with

days as (
    select
        cast(unnest(generate_series(
            run.business_date - cast(stock.window_days as integer), run.business_date, interval 1 day
        )) as date) as day
    from settings.run
    cross join settings.stock
),

periods as (
    select
        'day' as grain,
        strftime(day, '%Y-%m-%d') as period,
        day as from_date,
        day as to_date
    from days
    union all
    select
        'week' as grain,
        strftime(day, '%G-W%V') as period,
        day as from_date,
        day + 6 as to_date
    from days
    where extract(isodow from day) = 1
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
    run.business_date between periods.from_date and periods.to_date as is_current,
    least(timezone(run.timezone, cast(periods.to_date + 1 as timestamp)), run.as_of) as closes_at
from periods
cross join places
cross join settings.run;

comment on table ops.kpi_periods is 'The days and weeks that KPIs are told for, by channel.';
comment on column ops.kpi_periods.grain is 'day or week';
comment on column ops.kpi_periods.from_date is 'First day of the period, on the shop''s clock';
comment on column ops.kpi_periods.channel is 'Channel by the shop file''s name; `all` for the whole shop';
comment on column ops.kpi_periods.period is 'As people write it: 2026-11-22, 2026-W47';
comment on column ops.kpi_periods.to_date is 'Last day of the period';
comment on column ops.kpi_periods.is_current is 'It holds the business date';
comment on column ops.kpi_periods.closes_at is 'Its end, or now if that comes first';
