-- What each KPI means, whose it is and when it is bad: the definition behind every figure.
-- grain:  one row per KPI
-- keys:   shop, kpi
-- inputs: settings.kpis, settings.people, settings.run

create or replace table marts.kpi_dictionary as
select
    run.shop,
    kpis.kpi,
    kpis.station,
    kpis.title,
    kpis.outcome,
    people.owner,
    people.deputy,
    kpis.role,
    kpis.sop,
    kpis.numerator,
    kpis.denominator,
    kpis.exclusions,
    kpis.clock,
    run.timezone,
    run.currency,
    kpis.unit,
    kpis.direction,
    kpis.target,
    kpis.warning,
    kpis.critical,
    kpis.minimum_n,
    kpis.weekly_rank,
    kpis.query,
    kpis.source,
    kpis.version
from settings.kpis
cross join settings.run
left join settings.people using (role);

comment on column marts.kpi_dictionary.currency is 'Of its value and its limits, where the unit is amount: the shop''s';
comment on column marts.kpi_dictionary.source is 'Where its formula is from';
