-- KPIs of the people: cases closed in time, at tier 1 and sent up to the owner, alerts answered, and who the shop
-- depends on.
-- Cases are counted by opening: one that came back is another. What people depend on is as of now.
-- grain:  one row per KPI × day or week × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: ledger.alerts, ledger.exceptions, marts.sop_register, marts.kpi_dictionary, checks.periods,
--   settings.stations, settings.run

create or replace table checks.kpi_people as
with

cases as (
    select
        exceptions.channel,
        exceptions.tier,
        exceptions.closed_at <= exceptions.due_at as is_in_time,
        exceptions.state = 'closed' and exceptions.closed_by <> 'check' as is_by_person,
        exceptions.due_at <= run.as_of as is_due,
        cast(timezone(run.timezone, exceptions.opened_at) as date) as opened_date,
        cast(timezone(run.timezone, exceptions.due_at) as date) as due_date,
        cast(timezone(run.timezone, exceptions.closed_at) as date) as closed_date
    from ledger.exceptions
    cross join settings.run
),

opened as (
    select
        periods.grain,
        periods.from_date,
        periods.channel,
        count(*) filter (where cases.tier = 3) as escalated,
        count(*) as opened
    from checks.periods as periods
    inner join cases
        on
            periods.channel in (cases.channel, 'all')
            and cases.opened_date between periods.from_date and periods.to_date
    group by periods.grain, periods.from_date, periods.channel
),

-- A window that ended is judged on its day: a case that is still open then was missed.
due as (
    select
        periods.grain,
        periods.from_date,
        periods.channel,
        count(*) filter (where cases.is_in_time) as in_time,
        count(*) as due
    from checks.periods as periods
    inner join cases
        on
            periods.channel in (cases.channel, 'all')
            and cases.due_date between periods.from_date and periods.to_date
    where cases.is_due
    group by periods.grain, periods.from_date, periods.channel
),

closed as (
    select
        periods.grain,
        periods.from_date,
        periods.channel,
        count(*) filter (where cases.tier = 1) as at_tier_1,
        count(*) as by_people
    from checks.periods as periods
    inner join cases
        on
            periods.channel in (cases.channel, 'all')
            and cases.closed_date between periods.from_date and periods.to_date
    where cases.is_by_person
    group by periods.grain, periods.from_date, periods.channel
),

-- What recovered before its answer was due needed none.
answers as (
    select
        coalesce(alerts.acknowledged_at <= alerts.due_at, false) as is_in_time,
        cast(timezone(run.timezone, alerts.due_at) as date) as due_date
    from ledger.alerts
    cross join settings.run
    where
        alerts.due_at <= run.as_of
        and not coalesce(alerts.recovered_at <= alerts.due_at and alerts.acknowledged_at is null, false)
),

answered as (
    select
        periods.grain,
        periods.from_date,
        periods.channel,
        count(*) filter (where answers.is_in_time) as in_time,
        count(*) as due
    from checks.periods as periods
    inner join answers on answers.due_date between periods.from_date and periods.to_date
    where periods.channel = 'all'
    group by periods.grain, periods.from_date, periods.channel
),

owners as (
    select
        count(distinct pages.owner) as owners,
        (select count(*) from settings.stations) as stations
    from marts.sop_register as pages
),

metrics as (
    select
        count(*) filter (where dictionary.owner is null) as orphans,
        count(*) as metrics
    from marts.kpi_dictionary as dictionary
),

whole_shop as (
    select
        grain,
        from_date,
        channel
    from checks.periods
    where is_current and channel = 'all'
)

select
    'escalation_rate' as kpi,
    grain,
    from_date,
    channel,
    escalated as numerator,
    opened as denominator,
    null as figure,
    opened as n
from opened
union all
select
    'closed_in_time_rate' as kpi,
    grain,
    from_date,
    channel,
    in_time as numerator,
    due as denominator,
    null as figure,
    due as n
from due
union all
select
    'closed_at_tier_1_rate' as kpi,
    grain,
    from_date,
    channel,
    at_tier_1 as numerator,
    by_people as denominator,
    null as figure,
    by_people as n
from closed
union all
select
    'alerts_answered_rate' as kpi,
    grain,
    from_date,
    channel,
    in_time as numerator,
    due as denominator,
    null as figure,
    due as n
from answered
union all
select
    'bus_factor_rate' as kpi,
    whole_shop.grain,
    whole_shop.from_date,
    whole_shop.channel,
    owners.owners as numerator,
    owners.stations as denominator,
    null as figure,
    owners.stations as n
from whole_shop
cross join owners
union all
select
    'orphan_metric_rate' as kpi,
    whole_shop.grain,
    whole_shop.from_date,
    whole_shop.channel,
    metrics.orphans as numerator,
    metrics.metrics as denominator,
    null as figure,
    metrics.metrics as n
from whole_shop
cross join metrics;
