-- The apps that the shop runs on: whose each is, what it costs and when it renews.
-- grain:  one row per app
-- keys:   shop, app
-- inputs: settings.apps, settings.people, settings.run

create or replace table marts.apps as
with

-- Who has a role in the shop: an app of somebody who has none has lost its owner.
team as (
    select owner as person from settings.people
    union distinct
    select deputy as person
    from settings.people
    where deputy is not null
)

select
    run.shop,
    run.business_date as as_of,
    apps.app,
    apps.purpose,
    apps.owner,
    apps.owner in (select team.person from team) as is_in_team,
    apps.cost_amount,
    run.currency,
    apps.renewal_date,
    coalesce(apps.renewal_date <= run.business_date + app_renewal_days(), false) as is_renewal_due,
    getvariable('rule_version') as rule_version
from settings.apps
cross join settings.run;

comment on column marts.apps.cost_amount is 'What it costs a month';
