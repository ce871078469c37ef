-- How each expectation fared in each run.
-- Where one run judged an expectation twice, the worse outcome is kept.
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
    getvariable('rule_version') as rule_version
from judged
cross join settings.run
left join settings.sops on judged.station = sops.sop
left join settings.people on sops.role = people.role;

comment on column marts.expectation_results.subject is 'Table or report it must hold for';
comment on column marts.expectation_results.owner is 'Owner of the station''s SOP';
comment on column marts.expectation_results.severity is 'critical quarantines rows, a warning only speaks';
