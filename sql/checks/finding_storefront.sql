-- Addresses of the shop that lead nowhere.
-- grain:  one row per address
-- keys:   type, subject_kind, subject_id
-- inputs: marts.storefront_issues

create or replace table checks.finding_storefront as
select
    'broken_link' as type,
    'url' as subject_kind,
    url as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    'answers ' || status || ', linked from ' || found_on || if(pages > 1, ' and ' || pages - 1 || ' more', '')
    || ', for ' || counted(age_days, 'day') as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from marts.storefront_issues
where not is_fixed;
