-- What changed of a week after the weekly review had frozen it: a late file, a correction, a new rule.
-- grain:  one row per KPI × ISO week × channel × moment of a night that found it changed
-- keys:   shop, kpi, iso_week, channel, noticed_at
-- inputs: ledger.kpi_revisions, ledger.frozen_weeks, settings.kpis, settings.run

create or replace table marts.kpi_revisions as
select
    run.shop,
    revisions.kpi,
    revisions.iso_week,
    revisions.channel,
    revisions.noticed_at,
    kpis.station,
    coalesce(kpis.title, revisions.kpi) as title,
    kpis.unit,
    frozen.value as frozen_value,
    revisions.old_value,
    revisions.new_value,
    revisions.old_status,
    revisions.new_status,
    frozen.frozen_at
from ledger.kpi_revisions as revisions
inner join ledger.frozen_weeks as frozen using (kpi, iso_week, channel)
cross join settings.run
left join settings.kpis on revisions.kpi = kpis.kpi;

comment on column marts.kpi_revisions.iso_week is 'Like 2026-W47, on the shop''s clock';
comment on column marts.kpi_revisions.old_value is 'Value that was known before, in its unit';
comment on column marts.kpi_revisions.new_value is 'Value that the files gave from then on, in its unit';
