-- Addresses of the shop that lead nowhere, from the first crawl that found them, and those that are fixed since.
-- grain:  one row per address
-- needs:  broken_links
-- keys:   shop, url
-- keeps:  core.broken_links by url
-- inputs: core.broken_links, settings.people, settings.run

create or replace table marts.storefront_issues as
select
    run.shop,
    run.business_date as as_of,
    links.url,
    links.http_status as status,
    links.found_on,
    links.pages,
    links.first_seen_at,
    links.last_seen_at,
    links.is_fixed,
    cast(
        case
            when not links.is_fixed
                then date_diff(
                    'day', timezone(run.timezone, links.first_seen_at), timezone(run.timezone, run.as_of)
                )
        end as bigint
    ) as age_days,
    people.owner,
    getvariable('rule_version') as rule_version,
    links.source_file_id
from core.broken_links as links
cross join settings.run
left join settings.people on people.role = 'operations';

comment on column marts.storefront_issues.status is 'What the server answered: 404, 410, or why there was no answer';
comment on column marts.storefront_issues.age_days is 'Days since it was first found; null once it is fixed';
