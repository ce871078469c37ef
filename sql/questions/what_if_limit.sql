-- title:    How often would another critical limit of a KPI have alerted us?
-- answers:  By channel the judged days of the last 90, those that were critical, and those that would have been.
-- kpi:      name of the KPI (marts.kpi_dictionary)
-- critical: the critical limit to try, in the KPI's unit: 0.95 is 95 %
with asked as (
    select
        cast(coalesce(getvariable('critical'), '0.93') as decimal(18, 6)) as try_value,
        coalesce(getvariable('kpi'), 'on_time_ship_rate') as kpi
)

select
    daily.kpi,
    daily.channel,
    dictionary.critical as critical_now,
    asked.try_value as critical_tried,
    count(*) as judged_days,
    count(*) filter (where daily.status = 'critical') as critical_days,
    -- As the KPI is judged: who meets the target, or has none, is not beyond a limit.
    count(*) filter (
        where case dictionary.direction
            when 'higher'
                then daily.judged_value <= asked.try_value and coalesce(daily.judged_value < daily.target, false)
            else daily.judged_value >= asked.try_value and coalesce(daily.judged_value > daily.target, false)
        end
    ) as critical_days_then,
    min(daily.business_date) as first_date,
    max(daily.business_date) as last_date
from kpi_daily as daily
inner join kpi_dictionary as dictionary using (kpi)
inner join asked using (kpi)
where daily.judged_value is not null
group by daily.kpi, daily.channel, dictionary.critical, asked.try_value
order by daily.channel = 'all' desc, daily.channel asc;
