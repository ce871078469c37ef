-- How every expectation fared, run by run.
-- grain:  one row per expectation × run
-- keys:   shop, run_id, suite, expectation, subject, severity
-- inputs: landing.expectation_results, settings.sops, settings.people, settings.run

create or replace table marts.expectation_results as
with

stations as (
    select
        sops.station,
        min(people.owner) as owner
    from settings.sops
    inner join settings.people on sops.role = people.role
    where sops.sop = sops.station
    group by sops.station
)

select
    run.shop,
    results.suite,
    results.expectation,
    results.subject,
    results.station,
    min(stations.owner) as owner,
    results.severity,
    bool_and(results.success) as success,
    max(results.observed) as observed,
    max(results.threshold) as threshold,
    cast(sum(results.element_count) as bigint) as element_count,
    cast(sum(results.unexpected_count) as bigint) as unexpected_count,
    cast(
        cast(sum(results.unexpected_count) as decimal(38, 6)) / nullif(sum(results.element_count), 0) as decimal(9, 6)
    ) as unexpected_rate,
    results.run_id,
    max(results.run_at) as run_at
from landing.expectation_results as results
cross join settings.run
left join stations on results.station = stations.station
group by
    run.shop, results.suite, results.expectation, results.subject, results.station, results.severity, results.run_id;

comment on table marts.expectation_results is 'How every expectation fared, run by run.';
comment on column marts.expectation_results.shop is 'Shop';
comment on column marts.expectation_results.suite is 'Suite';
comment on column marts.expectation_results.expectation is 'Code of the expectation';
comment on column marts.expectation_results.subject is 'Report or table it is about';
comment on column marts.expectation_results.station is 'Station';
comment on column marts.expectation_results.owner is 'Who answers for the station';
comment on column marts.expectation_results.severity is 'critical or warning';
comment on column marts.expectation_results.success is 'It held';
comment on column marts.expectation_results.observed is 'What was seen';
comment on column marts.expectation_results.threshold is 'What was asked for';
comment on column marts.expectation_results.element_count is 'Rows looked at';
comment on column marts.expectation_results.unexpected_count is 'Rows at fault';
comment on column marts.expectation_results.unexpected_rate is 'Share at fault, 0 to 1';
comment on column marts.expectation_results.run_id is 'Run';
comment on column marts.expectation_results.run_at is 'Moment the run stands for, UTC';
