-- Every KPI of the dictionary, by day, week and month, judged. To add a station is to add its file `kpi_<station>.sql`; to
-- add a KPI to a station is to add its select there and its entry to kpis.yaml.
-- A KPI of closed days has no row of today: a day is judged once it is over, and the reports of what happened on it
-- came after its end (ops.kpi_days). One with too few cases is judged on the trailing 7, else 28 days that end with it.
-- Where no data gives a KPI there is a row all the same, for the whole shop: of the last closed day and the last that
-- can be judged, or of now, and of each week.
-- grain:  one row per KPI × day, week or month × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: checks.kpi_*, checks.periods, ops.kpi_days, ops.missing_inputs, settings.channel_targets, settings.kpis,
--   settings.people, settings.run

create or replace table checks.kpis as
with computed as (
    from checks.kpi_all
),

divided as (
    select
        computed.kpi,
        computed.grain,
        computed.from_date,
        computed.channel,
        periods.to_date,
        cast(computed.numerator as decimal(18, 2)) as numerator,
        cast(computed.denominator as decimal(18, 2)) as denominator,
        cast(
            coalesce(
                computed.figure,
                cast(cast(computed.numerator as decimal(38, 6)) / nullif(computed.denominator, 0) as decimal(18, 6))
            ) as decimal(18, 6)
        ) as value,
        coalesce(computed.n, 0) as n
    from computed
    inner join checks.periods as periods using (grain, from_date, channel)
),

places as (
    select distinct channel from checks.periods
),

-- The last day that each can be judged on.
lasts as (
    select
        kpis.kpi,
        places.channel,
        case kpis.judged
            when 'day' then least(run.business_date - 1, coalesce(days.known_to_date, run.business_date - 1))
            else run.business_date
        end as last_date,
        days.report
    from settings.kpis
    cross join places
    cross join settings.run
    left join ops.kpi_days as days on kpis.kpi = days.kpi and places.channel = days.channel
),

cells as (
    select
        kpi,
        grain,
        from_date,
        channel
    from computed
    where grain in ('day', 'week', 'month')
    union distinct
    select
        kpis.kpi,
        periods.grain,
        periods.from_date,
        periods.channel
    from settings.kpis
    inner join lasts using (kpi)
    inner join checks.periods as periods on lasts.channel = periods.channel
    cross join settings.run
    where
        periods.channel = 'all'
        and (
            periods.grain = 'week'
            or (
                periods.grain = 'day'
                and (
                    periods.from_date = lasts.last_date
                    or (kpis.judged = 'day' and periods.from_date = run.business_date - 1)
                )
            )
        )
),

figures as (
    select
        cells.kpi,
        cells.grain,
        cells.from_date,
        cells.channel,
        periods.period,
        periods.is_current,
        kpis.minimum_n,
        coalesce(channel_targets.target, kpis.target) as target,
        lasts.last_date,
        -- A day that was not over when its reports came.
        coalesce(cells.grain = 'day' and cells.from_date > lasts.last_date, false) as is_open,
        coalesce(lacks.is_missing, false) or is_open as is_unknown,
        concat_ws(
            '; ', case when is_open then 'the newest file of ' || lasts.report || ' came before the day was over' end,
            lacks.reason
        ) as lacks_reason,
        if(is_unknown, null, own.numerator) as numerator,
        if(is_unknown, null, own.denominator) as denominator,
        if(is_unknown, null, own.value) as value,
        if(is_unknown, 0, coalesce(own.n, 0)) as n,
        -- Which cases are judged: those of the cell, else of the shortest window that has enough.
        case
            when is_unknown then null
            when own.value is not null and own.n >= kpis.minimum_n then 'own'
            when cells.grain = 'day' and short.n >= kpis.minimum_n then 'short'
            when long.n >= kpis.minimum_n then 'long'
        end as judged_by,
        case judged_by
            when 'own'
                then case cells.grain when 'week' then 7 when 'month' then day(last_day(cells.from_date)) else 1 end
            when 'short' then kpi_trailing_days()[1]
            when 'long' then kpi_trailing_days()[2]
        end as judged_days,
        case judged_by when 'own' then own.value when 'short' then short.value when 'long' then long.value end
            as judged_value,
        case judged_by when 'own' then own.n when 'short' then short.n when 'long' then long.n end as judged_n
    from cells
    inner join settings.kpis using (kpi)
    inner join checks.periods as periods using (grain, from_date, channel)
    left join divided as own using (kpi, grain, from_date, channel)
    left join divided as short
        on
            cells.kpi = short.kpi and cells.channel = short.channel
            and short.grain = 'trailing_' || kpi_trailing_days()[1]
            and periods.to_date = short.to_date and kpis.judged = 'day'
    left join divided as long
        on
            cells.kpi = long.kpi and cells.channel = long.channel
            and long.grain = 'trailing_' || kpi_trailing_days()[2]
            and periods.to_date = long.to_date and kpis.judged = 'day'
    left join settings.channel_targets
        on cells.kpi = channel_targets.kpi and cells.channel = channel_targets.channel
    left join lasts on cells.kpi = lasts.kpi and cells.channel = lasts.channel
    left join ops.missing_inputs as lacks on cells.kpi = lacks.kpi and cells.channel = lacks.channel
    where kpis.judged <> 'day' or cells.grain <> 'day' or not periods.is_current
)

select
    figures.kpi,
    figures.grain,
    figures.from_date,
    figures.channel,
    figures.period,
    figures.is_current,
    figures.last_date as last_judged_date,
    kpis.station,
    kpis.title,
    figures.value,
    kpis.unit,
    figures.numerator,
    figures.denominator,
    cast(figures.n as bigint) as n,
    cast(figures.judged_days as bigint) as judged_days,
    figures.judged_value,
    cast(figures.judged_n as bigint) as judged_n,
    figures.target,
    case
        when figures.judged_days is null and figures.value is null then 'no_data'
        when figures.judged_days is null then 'too_few'
        when figures.target is null then 'ok'
        when kpis.direction = 'higher' and figures.judged_value >= figures.target then 'ok'
        when kpis.direction = 'lower' and figures.judged_value <= figures.target then 'ok'
        -- A band begins at its limit.
        when kpis.direction = 'higher' and figures.judged_value <= kpis.critical then 'critical'
        when kpis.direction = 'lower' and figures.judged_value >= kpis.critical then 'critical'
        when kpis.direction = 'higher' and figures.judged_value <= kpis.warning then 'warning'
        when kpis.direction = 'lower' and figures.judged_value >= kpis.warning then 'warning'
        else 'off_target'
    end as status,
    case
        when figures.is_unknown then nullif(figures.lacks_reason, '')
        when status = 'no_data' then concat_ws('; ', 'no case to count', nullif(figures.lacks_reason, ''))
        when status = 'too_few'
            then concat_ws('; ', concat('fewer than ', kpis.minimum_n, ' cases'), nullif(figures.lacks_reason, ''))
        when figures.target is null then concat_ws('; ', 'no target is set', nullif(figures.lacks_reason, ''))
        else nullif(figures.lacks_reason, '')
    end as reason,
    people.owner,
    kpis.version
from figures
inner join settings.kpis using (kpi)
left join settings.people using (role);

comment on column checks.kpis.reason is 'Why there is no data or too little of it, or what the figure goes without; else null';
