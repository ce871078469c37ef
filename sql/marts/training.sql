-- Who has learned which page, and at which version of it: owner and deputy of each page, and whoever else signed off.
-- grain:  one row per page × person
-- keys:   shop, sop, person
-- inputs: settings.sops, settings.people, settings.training, settings.run

create or replace table marts.training as
with

expected as (
    select
        sops.sop,
        people.owner as person
    from settings.sops
    inner join settings.people using (role)
    union distinct
    select
        sops.sop,
        people.deputy as person
    from settings.sops
    inner join settings.people using (role)
    where people.deputy is not null
),

signed as (
    from settings.training
    qualify row_number() over (partition by sop, person order by version desc, signed_date desc, signed_by asc) = 1
),

people as (
    select
        sop,
        person
    from expected
    union distinct
    select
        sop,
        person
    from signed
)

select
    run.shop,
    run.business_date as as_of,
    people.sop,
    people.person,
    expected.person is not null as is_expected,
    sops.version as page_version,
    signed.version as signed_version,
    signed.signed_date,
    signed.signed_by,
    coalesce(signed.version = sops.version, false) as is_current,
    getvariable('rule_version') as rule_version
from people
inner join settings.sops using (sop)
left join expected using (sop, person)
left join signed using (sop, person)
cross join settings.run;

comment on column marts.training.is_current is 'They signed off on the page as it is now';
