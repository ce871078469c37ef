-- Every KPI of the dictionary, by day and by week, judged. A station's file tells its KPIs; to add a station is to add
-- its file to `told` and to `inputs`; to add a KPI to a station is to add its select there and its entry to kpis.yaml.
-- Where nothing tells a KPI there is a row all the same, for the whole shop: today's, and each week's.
-- grain:  one row per KPI × day or week × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: ops.kpi_fulfilment, ops.kpi_orders, ops.kpi_inventory, ops.kpi_finance, ops.kpi_analytics, ops.kpi_periods,
--   settings.kpis, settings.people

create or replace table ops.kpi_values as
with

told as (
    from ops.kpi_fulfilment
    union all by name
    from ops.kpi_orders
    union all by name
    from ops.kpi_inventory
    union all by name
    from ops.kpi_finance
    union all by name
    from ops.kpi_analytics
),

cells as (
    select
        kpi,
        grain,
        from_date,
        channel
    from told
    union distinct
    select
        kpis.kpi,
        periods.grain,
        periods.from_date,
        periods.channel
    from settings.kpis
    cross join ops.kpi_periods as periods
    where periods.channel = 'all' and (periods.grain = 'week' or periods.is_current)
),

-- A ratio is divided here and nowhere else, from the counts of its own cell.
divided as (
    select
        kpi,
        grain,
        from_date,
        channel,
        cast(told.numerator as decimal(18, 2)) as numerator,
        cast(told.denominator as decimal(18, 2)) as denominator,
        cast(
            coalesce(
                told.figure,
                cast(cast(told.numerator as decimal(38, 6)) / nullif(told.denominator, 0) as decimal(18, 6))
            ) as decimal(18, 6)
        ) as value,
        coalesce(told.n, 0) as n
    from cells
    left join told using (kpi, grain, from_date, channel)
)

select
    divided.kpi,
    divided.grain,
    divided.from_date,
    divided.channel,
    periods.period,
    periods.is_current,
    kpis.station,
    kpis.title,
    divided.value,
    kpis.unit,
    divided.numerator,
    divided.denominator,
    cast(divided.n as bigint) as n,
    kpis.target,
    case
        when divided.value is null then 'no_data'
        when divided.n < kpis.minimum_n then 'ok'
        -- A band begins at its limit.
        when kpis.direction = 'higher' and divided.value <= kpis.critical then 'critical'
        when kpis.direction = 'lower' and divided.value >= kpis.critical then 'critical'
        when kpis.direction = 'higher' and divided.value <= kpis.warning then 'warning'
        when kpis.direction = 'lower' and divided.value >= kpis.warning then 'warning'
        else 'ok'
    end as status,
    people.owner,
    kpis.version
from divided
inner join settings.kpis using (kpi)
inner join ops.kpi_periods as periods using (grain, from_date, channel)
left join settings.people using (role);

comment on table ops.kpi_values is 'Every KPI of the dictionary, by day and by week, judged.';
comment on column ops.kpi_values.kpi is 'Id in config/kpis.yaml';
comment on column ops.kpi_values.grain is 'day or week';
comment on column ops.kpi_values.from_date is 'First day of the period, on the shop''s clock';
comment on column ops.kpi_values.channel is 'Channel by the shop file''s name; `all` for the whole shop';
comment on column ops.kpi_values.period is 'As people write it: 2026-11-22, 2026-W47';
comment on column ops.kpi_values.is_current is 'The period holds the business date';
comment on column ops.kpi_values.station is 'Station';
comment on column ops.kpi_values.title is 'Title';
comment on column ops.kpi_values.value is 'Its value in its unit; null where there is no data';
comment on column ops.kpi_values.unit is 'rate (a share of 1), hours, days, a count, or amount in the shop''s currency';
comment on column ops.kpi_values.numerator is 'What is counted; null for a quantile';
comment on column ops.kpi_values.denominator is 'Out of what; null where the KPI is no ratio';
comment on column ops.kpi_values.n is 'Cases it stands on';
comment on column ops.kpi_values.target is 'What it should be, by the shop''s file, else by the dictionary';
comment on column ops.kpi_values.status is 'ok, warning, critical by the dictionary''s bands; no_data; fewer cases than its minimum n raise no alarm';
comment on column ops.kpi_values.owner is 'Who answers for it';
comment on column ops.kpi_values.version is 'Version of its definition';
