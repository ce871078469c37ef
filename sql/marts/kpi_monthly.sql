-- Every KPI by calendar month, judged, from the month's own facts: a quantile or a ratio of a month is not the mean of
-- its days'. A month is there once it is whole in the window that KPIs are computed for; the current one runs up to
-- yesterday. A KPI of now is a state, and has no months.
-- grain:  one row per KPI × month × channel, and `all` for the whole shop
-- keys:   shop, kpi, month, channel
-- inputs: checks.kpis, settings.kpis, settings.run

create or replace table marts.kpi_monthly as
select
    run.shop,
    kpis.kpi,
    kpis.period as month,
    kpis.channel,
    not kpis.is_current as is_closed,
    kpis.station,
    kpis.title,
    kpis.value,
    kpis.unit,
    kpis.numerator,
    kpis.denominator,
    kpis.n,
    kpis.target,
    kpis.status,
    kpis.reason,
    kpis.owner,
    kpis.version
from checks.kpis
inner join settings.kpis as dictionary using (kpi)
cross join settings.run
where kpis.grain = 'month' and dictionary.judged = 'day';

comment on column marts.kpi_monthly.month is 'Like 2026-11, on the shop''s clock';
comment on column marts.kpi_monthly.is_closed is 'The month is over';
comment on column marts.kpi_monthly.reason is 'Why there is no data or too little of it, or what the figure goes without; else null';
