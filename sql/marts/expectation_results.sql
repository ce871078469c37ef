-- How each expectation fared in each run.
-- Where one run judged an expectation twice, the worse outcome stands.
-- grain:  one row per expectation × run
-- keys:   shop, run_id, suite, expectation, subject
-- inputs: landing.expectation_results, settings.sops, settings.people, settings.run

create or replace table marts.expectation_results as
with

judged as (
    select *
    from landing.expectation_results
    qualify row_number() over (
        partition by run_id, suite, expectation, subject
        order by success asc, unexpected_count desc, element_count desc, run_at desc
    ) = 1
)

select
    run.shop,
    judged.suite,
    judged.expectation,
    judged.subject,
    judged.station,
    people.owner,
    judged.severity,
    judged.success,
    judged.observed,
    judged.threshold,
    judged.element_count,
    judged.unexpected_count,
    cast(judged.unexpected_count / nullif(judged.element_count, 0) as decimal(9, 6)) as unexpected_rate,
    judged.run_id,
    judged.run_at,
    '1' as rule_version
from judged
cross join settings.run
left join settings.sops on judged.station = sops.sop
left join settings.people on sops.role = people.role;

comment on table marts.expectation_results is 'How each expectation fared in each run.';
comment on column marts.expectation_results.shop is 'Shop';
comment on column marts.expectation_results.suite is 'What was judged, and where';
comment on column marts.expectation_results.expectation is 'What must hold, by its code';
comment on column marts.expectation_results.subject is 'Table or report it must hold for';
comment on column marts.expectation_results.station is 'Station that answers';
comment on column marts.expectation_results.owner is 'Owner of the station''s SOP';
comment on column marts.expectation_results.severity is 'critical sets rows aside, warning only speaks';
comment on column marts.expectation_results.success is 'It held; null where there was nothing to judge, which is neither';
comment on column marts.expectation_results.observed is 'What was found';
comment on column marts.expectation_results.threshold is 'What was asked for';
comment on column marts.expectation_results.element_count is 'Rows judged';
comment on column marts.expectation_results.unexpected_count is 'Rows at fault';
comment on column marts.expectation_results.unexpected_rate is 'Rows at fault ÷ rows judged; null where none were';
comment on column marts.expectation_results.run_id is 'Run of the night';
comment on column marts.expectation_results.run_at is 'Moment the run stands for, UTC';
comment on column marts.expectation_results.rule_version is 'Version of the rule that computed it';
