-- Every KPI by day, judged: one of closed days on each of them, one that tells of now today.
-- grain:  one row per KPI × business date × channel, and `all` for the whole shop
-- keys:   shop, kpi, business_date, channel
-- inputs: checks.kpis, settings.run

create or replace table marts.kpi_daily as
select
    run.shop,
    kpis.kpi,
    kpis.from_date as business_date,
    kpis.channel,
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

comment on table marts.kpi_daily is 'Every KPI by day, judged: one of closed days on each of them, one that tells of now today.';
comment on column marts.kpi_daily.shop is 'Shop';
comment on column marts.kpi_daily.kpi is 'Id in the dictionary';
comment on column marts.kpi_daily.business_date is 'Day on the shop''s clock; revenue_vs_plan tells of its week up to it';
comment on column marts.kpi_daily.channel is 'Channel by the shop file''s name; `all` for the whole shop';
comment on column marts.kpi_daily.station is 'Station';
comment on column marts.kpi_daily.title is 'Title';
comment on column marts.kpi_daily.value is 'Its value in its unit; null where there is no data';
comment on column marts.kpi_daily.unit is 'rate (a share of 1), hours, days, a count, or amount in the shop''s currency';
comment on column marts.kpi_daily.numerator is 'What is counted; null for a quantile';
comment on column marts.kpi_daily.denominator is 'Out of what; null where the KPI is no ratio';
comment on column marts.kpi_daily.n is 'Cases it stands on';
comment on column marts.kpi_daily.target is 'What it should be, by the shop''s file, else by the dictionary';
comment on column marts.kpi_daily.judged_days is 'Days whose cases were judged: 1 the day or the moment itself, 7, 28; null where too few';
comment on column marts.kpi_daily.judged_value is 'The value over those days';
comment on column marts.kpi_daily.judged_n is 'Cases of those days';
comment on column marts.kpi_daily.status is 'ok (target met), off_target (missed, no band reached), warning, critical, too_few, no_data';
comment on column marts.kpi_daily.reason is 'Why there is no data or too little of it, or what the figure goes without; else null';
comment on column marts.kpi_daily.owner is 'Who answers for it';
comment on column marts.kpi_daily.version is 'Version of its definition';
