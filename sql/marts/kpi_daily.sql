-- Every KPI by day, judged: one of closed days on each of them, one of now today.
-- grain:  one row per KPI × business date × channel, and `all` for the whole shop
-- keys:   shop, kpi, business_date, channel
-- inputs: checks.kpis, settings.run

create or replace table marts.kpi_daily as
select
    run.shop,
    kpis.kpi,
    kpis.from_date as business_date,
    kpis.channel,
    kpis.last_judged_date,
    kpis.station,
    kpis.title,
    kpis.value,
    kpis.unit,
    kpis.numerator,
    kpis.denominator,
    kpis.n,
    kpis.judged_days,
    kpis.judged_value,
    kpis.judged_n,
    kpis.target,
    kpis.status,
    kpis.reason,
    kpis.owner,
    kpis.version
from checks.kpis
cross join settings.run
where kpis.grain = 'day';

comment on column marts.kpi_daily.business_date is 'Day on the shop''s clock; revenue_vs_plan covers its week up to it';
comment on column marts.kpi_daily.reason is 'Why there is no data or too little of it, or what the figure goes without; else null';
