-- Every KPI by ISO week, judged, from the week's own facts.
-- A quantile or a ratio of a week is not the mean of its days'. A KPI that tells of now has the current week's row only.
-- Closed weeks are frozen by the weekly review, which keeps what was told; this table is what the files say today.
-- grain:  one row per KPI × ISO week × channel, and `all` for the whole shop
-- keys:   shop, kpi, iso_week, channel
-- inputs: checks.kpis, settings.run

create or replace table marts.kpi_weekly as
select
    run.shop,
    kpis.kpi,
    kpis.period as iso_week,
    kpis.channel,
    not kpis.is_current as is_closed,
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
where kpis.grain = 'week';

comment on table marts.kpi_weekly is 'Every KPI by ISO week, judged, from the week''s own facts.';
comment on column marts.kpi_weekly.shop is 'Shop';
comment on column marts.kpi_weekly.kpi is 'Id in the dictionary';
comment on column marts.kpi_weekly.iso_week is 'Like 2026-W47, on the shop''s clock';
comment on column marts.kpi_weekly.channel is 'Channel by the shop file''s name; `all` for the whole shop';
comment on column marts.kpi_weekly.is_closed is 'The week is over; the current one tells of its closed days';
comment on column marts.kpi_weekly.station is 'Station';
comment on column marts.kpi_weekly.title is 'Title';
comment on column marts.kpi_weekly.value is 'Its value in its unit; null where there is no data';
comment on column marts.kpi_weekly.unit is 'rate (a share of 1), hours, days, a count, or amount in the shop''s currency';
comment on column marts.kpi_weekly.numerator is 'What is counted; null for a quantile';
comment on column marts.kpi_weekly.denominator is 'Out of what; null where the KPI is no ratio';
comment on column marts.kpi_weekly.n is 'Cases it stands on';
comment on column marts.kpi_weekly.target is 'What it should be, by the shop''s file, else by the dictionary';
comment on column marts.kpi_weekly.judged_days is 'Days whose cases were judged: 1 the day or the moment itself, 7, 28; null where too few';
comment on column marts.kpi_weekly.judged_value is 'The value over those days';
comment on column marts.kpi_weekly.judged_n is 'Cases of those days';
comment on column marts.kpi_weekly.status is 'ok (target met), off_target (missed, no band reached), warning, critical, too_few, no_data';
comment on column marts.kpi_weekly.reason is 'Why there is no data or too little of it, or what the figure goes without; else null';
comment on column marts.kpi_weekly.owner is 'Who answers for it';
comment on column marts.kpi_weekly.version is 'Version of its definition';
