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
    kpis.source,
    kpis.version
from settings.kpis
cross join settings.run
left join settings.people using (role);

comment on table marts.kpi_dictionary is 'What each KPI means, whose it is and when it is bad.';
comment on column marts.kpi_dictionary.shop is 'Shop';
comment on column marts.kpi_dictionary.kpi is 'Id';
comment on column marts.kpi_dictionary.station is 'Station that it measures';
comment on column marts.kpi_dictionary.title is 'Title';
comment on column marts.kpi_dictionary.outcome is 'accuracy, speed, visibility, consistency or control';
comment on column marts.kpi_dictionary.owner is 'Who answers for it';
comment on column marts.kpi_dictionary.deputy is 'Who does when the owner is away';
comment on column marts.kpi_dictionary.role is 'Their role in the shop''s file';
comment on column marts.kpi_dictionary.sop is 'Page to work by';
comment on column marts.kpi_dictionary.numerator is 'What is counted';
comment on column marts.kpi_dictionary.denominator is 'Out of what';
comment on column marts.kpi_dictionary.exclusions is 'What is left out';
comment on column marts.kpi_dictionary.clock is 'Which moment puts a case into a day or week';
comment on column marts.kpi_dictionary.timezone is 'Zone of those days and weeks';
comment on column marts.kpi_dictionary.currency is 'Of its value and its limits, where the unit is amount: the shop''s';
comment on column marts.kpi_dictionary.unit is 'rate (a share of 1), hours, days, a count, or amount in the shop''s currency';
comment on column marts.kpi_dictionary.direction is 'higher or lower is better';
comment on column marts.kpi_dictionary.target is 'What it should be, by the shop''s file, else by the dictionary';
comment on column marts.kpi_dictionary.warning is 'This or worse is a warning';
comment on column marts.kpi_dictionary.critical is 'This or worse is critical';
comment on column marts.kpi_dictionary.minimum_n is 'Fewer cases raise no alarm';
comment on column marts.kpi_dictionary.source is 'Where its formula is from';
comment on column marts.kpi_dictionary.version is 'Version of its definition';
