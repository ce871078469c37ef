-- Every KPI by ISO week, judged, from the week's own facts.
-- A quantile or a ratio of a week is not the mean of its days'. A KPI of now has the current week's row only.
-- The weekly review freezes the week that closed: from then on the row is what was shown, `current_value` and
-- `current_status` what the files say today, and marts.kpi_revisions each change in between.
-- grain:  one row per KPI × ISO week × channel, and `all` for the whole shop
-- keys:   shop, kpi, iso_week, channel
-- inputs: checks.kpis, ledger.frozen_weeks, settings.kpis, settings.run

create or replace table marts.kpi_weekly as
with

computed as (
    select
        *,
        period as iso_week
    from checks.kpis
    where grain = 'week'
)

-- A frozen week outlives the window that KPIs are computed for.
select
    run.shop,
    coalesce(computed.kpi, frozen.kpi) as kpi,
    coalesce(computed.iso_week, frozen.iso_week) as iso_week,
    coalesce(computed.channel, frozen.channel) as channel,
    frozen.kpi is not null or not computed.is_current as is_closed,
    kpis.station,
    coalesce(kpis.title, computed.kpi, frozen.kpi) as title,
    if(frozen.kpi is null, computed.value, frozen.value) as value,
    kpis.unit,
    if(frozen.kpi is null, computed.numerator, cast(frozen.numerator as decimal(18, 2))) as numerator,
    if(frozen.kpi is null, computed.denominator, cast(frozen.denominator as decimal(18, 2))) as denominator,
    if(frozen.kpi is null, computed.n, frozen.n) as n,
    computed.judged_days,
    computed.judged_value,
    computed.judged_n,
    if(frozen.kpi is null, computed.target, frozen.target) as target,
    if(frozen.kpi is null, computed.status, frozen.status) as status,
    if(frozen.kpi is null, computed.reason, frozen.reason) as reason,
    if(frozen.kpi is null, computed.owner, frozen.owner) as owner,
    if(frozen.kpi is null, computed.version, frozen.version) as version,
    frozen.frozen_at,
    computed.value as current_value,
    computed.status as current_status
from computed
full join ledger.frozen_weeks as frozen using (kpi, iso_week, channel)
cross join settings.run
left join settings.kpis on coalesce(computed.kpi, frozen.kpi) = kpis.kpi;

comment on column marts.kpi_weekly.iso_week is 'Like 2026-W47, on the shop''s clock';
comment on column marts.kpi_weekly.reason is 'Why there is no data or too little of it, or what the figure goes without; else null';
