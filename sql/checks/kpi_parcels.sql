-- KPIs of parcels: a number to track them by, the carrier that the packing table says, and suspected losses.
-- The first two are of the day a parcel of ours left; losses are as they are, of all parcels of which arrivals are stated.
-- grain:  one row per KPI × day or week × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: ops.parcels, ops.parcel_rules, checks.periods

create or replace table checks.kpi_parcels as
with

tracked_daily as (
    select
        channel,
        shipped_date,
        count(*) filter (where has_tracking) as tracked,
        count(*) as parcels
    from ops.parcels
    where not is_amazon
    group by channel, shipped_date
),

tracked as (
    select
        periods.grain,
        periods.from_date,
        periods.channel,
        sum(daily.tracked) as tracked,
        sum(daily.parcels) as parcels
    from checks.periods as periods
    inner join tracked_daily as daily
        on
            periods.channel in (daily.channel, 'all')
            and daily.shipped_date between periods.from_date and periods.to_date
    group by periods.grain, periods.from_date, periods.channel
),

ruled_daily as (
    select
        channel,
        shipped_date,
        count(*) filter (where is_as_ruled) as as_ruled,
        count(*) as parcels
    from ops.parcel_rules
    where is_as_ruled is not null
    group by channel, shipped_date
),

ruled as (
    select
        periods.grain,
        periods.from_date,
        periods.channel,
        sum(daily.as_ruled) as as_ruled,
        sum(daily.parcels) as parcels
    from checks.periods as periods
    inner join ruled_daily as daily
        on
            periods.channel in (daily.channel, 'all')
            and daily.shipped_date between periods.from_date and periods.to_date
    group by periods.grain, periods.from_date, periods.channel
),

lost as (
    select
        periods.grain,
        periods.from_date,
        periods.channel,
        count(*) filter (where parcels.is_lost_suspect) as lost,
        count(*) as parcels
    from checks.periods as periods
    inner join ops.parcels as parcels on periods.channel in (parcels.channel, 'all')
    where periods.is_current and parcels.is_lost_suspect is not null
    group by periods.grain, periods.from_date, periods.channel
)

select
    'valid_tracking_rate' as kpi,
    grain,
    from_date,
    channel,
    tracked as numerator,
    parcels as denominator,
    null as figure,
    parcels as n
from tracked
union all
select
    'carrier_rule_compliance_rate' as kpi,
    grain,
    from_date,
    channel,
    as_ruled as numerator,
    parcels as denominator,
    null as figure,
    parcels as n
from ruled
union all
select
    'lost_parcel_rate' as kpi,
    grain,
    from_date,
    channel,
    lost as numerator,
    parcels as denominator,
    null as figure,
    parcels as n
from lost;
