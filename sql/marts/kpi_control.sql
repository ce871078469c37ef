-- Whether a KPI of closed days has left its usual range, whatever its target: individuals chart, mean ± 2.66 times the
-- mean moving range of the days before (NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2). A day is a signal where
-- it is beyond the limit on the worse side, or ends a long run on the worse side of the mean. Of the whole shop, by the
-- days that had enough cases of their own.
-- grain:  one row per KPI of closed days
-- keys:   shop, kpi
-- inputs: marts.kpi_daily, settings.kpis, settings.people, settings.run

create or replace table marts.kpi_control as
with

judged as (
    select
        kpi_daily.kpi,
        kpi_daily.business_date,
        kpi_daily.value,
        kpi_daily.status,
        kpi_daily.reason,
        row_number() over (partition by kpi_daily.kpi order by kpi_daily.business_date) as day_no,
        case kpis.direction when 'higher' then -1 else 1 end as worse_sign,
        abs(
            kpi_daily.value
            - lag(kpi_daily.value) over (partition by kpi_daily.kpi order by kpi_daily.business_date)
        ) as moving_range
    from marts.kpi_daily
    inner join settings.kpis using (kpi)
    where kpi_daily.channel = 'all' and kpis.judged = 'day' and kpi_daily.judged_days = 1
),

-- What a day is held against: the days before it, with no part of its own.
charted as (
    select
        judged.kpi,
        judged.business_date,
        judged.value,
        judged.status,
        judged.reason,
        judged.worse_sign,
        count(earlier.kpi) as days,
        avg(earlier.value) as mean,
        avg(earlier.moving_range) filter (where earlier.day_no > judged.day_no - kpi_control_days()[2])
            as mean_moving_range
    from judged
    left join judged as earlier
        on
            judged.kpi = earlier.kpi
            and earlier.day_no between judged.day_no - kpi_control_days()[2] and judged.day_no - 1
    group by judged.kpi, judged.business_date, judged.value, judged.status, judged.reason, judged.worse_sign
),

sided as (
    select
        *,
        days >= kpi_control_days()[1] as has_limits,
        mean - individuals_factor() * mean_moving_range as lower_value,
        mean + individuals_factor() * mean_moving_range as upper_value,
        coalesce(days >= kpi_control_days()[1] and worse_sign * (value - mean) > 0, false) as is_worse
    from charted
),

-- Days in a row are counted since the last that was not of the kind.
counted as (
    select
        *,
        count(*) filter (where not is_worse) over (partition by kpi order by business_date) as worse_run_no
    from sided
),

signalled as (
    select
        *,
        if(is_worse, count(*) filter (where is_worse) over (
            partition by kpi, worse_run_no order by business_date
        ), 0) as worse_days,
        coalesce(
            has_limits and worse_sign * (value - mean) > individuals_factor() * mean_moving_range, false
        ) as is_beyond
    from counted
),

episodes as (
    select
        *,
        is_beyond or worse_days >= kpi_control_run_days() as is_signal,
        count(*) filter (where not (is_beyond or worse_days >= kpi_control_run_days())) over (
            partition by kpi order by business_date
        ) as episode_no
    from signalled
),

begun as (
    select
        *,
        if(
            is_signal,
            min(business_date) filter (where is_signal) over (partition by kpi, episode_no),
            null
        ) as since_date
    from episodes
),

newest as (
    select *
    from begun
    qualify row_number() over (partition by kpi order by business_date desc) = 1
)

select
    run.shop,
    run.business_date as as_of,
    kpis.kpi,
    kpis.station,
    kpis.title,
    newest.business_date,
    newest.value,
    kpis.unit,
    kpis.target,
    coalesce(newest.days, 0) as usual_days,
    cast(if(newest.has_limits, newest.mean, null) as decimal(18, 6)) as mean_value,
    cast(if(newest.has_limits, newest.lower_value, null) as decimal(18, 6)) as lower_value,
    cast(if(newest.has_limits, newest.upper_value, null) as decimal(18, 6)) as upper_value,
    coalesce(newest.worse_days, 0) as worse_days,
    newest.since_date,
    case
        when newest.kpi is null then 'no_data'
        when not newest.has_limits then 'too_few'
        when newest.is_signal then 'drifting'
        else 'steady'
    end as status,
    case status
        when 'no_data' then 'no closed day has enough cases of its own'
        when 'too_few' then concat('fewer than ', kpi_control_days()[1], ' days before it have enough cases')
        when 'drifting'
            then
                concat_ws('; ', if(
                    newest.is_beyond,
                    'beyond the range of the days before',
                    concat(newest.worse_days, ' days in a row worse than the days before')
                ), newest.reason)
        else newest.reason
    end as reason,
    newest.status as kpi_status,
    people.owner,
    kpis.sop,
    getvariable('rule_version') as rule_version
from settings.kpis
cross join settings.run
left join newest using (kpi)
left join settings.people on kpis.role = people.role
where kpis.judged = 'day';

comment on column marts.kpi_control.business_date is 'Last closed day that had enough cases of its own';
comment on column marts.kpi_control.status is 'drifting, steady, too_few (days to compare with) or no_data';
comment on column marts.kpi_control.reason is 'Why it drifts, or why that cannot be said, and what the day''s figure goes without; else null';
comment on column marts.kpi_control.since_date is 'First day of the drift that lasts; null where there is none';
