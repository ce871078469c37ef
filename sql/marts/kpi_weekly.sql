-- Every KPI by ISO week, judged, from the week's own facts.
-- A quantile or a ratio of a week is not the mean of its days'. A KPI of now has the current week's row only.
-- Closed weeks are frozen by the weekly review, which keeps what was shown; this table is what the files say today.
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

comment on column marts.kpi_weekly.iso_week is 'Like 2026-W47, on the shop''s clock';
comment on column marts.kpi_weekly.reason is 'Why there is no data or too little of it, or what the figure goes without; else null';
