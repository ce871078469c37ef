-- Apps that renew soon, or whose owner has no role in the shop any more.
-- grain:  one row per type × app
-- keys:   type, subject_kind, subject_id
-- inputs: marts.apps

create or replace table checks.finding_apps as
select
    'app_to_decide' as type,
    'app' as subject_kind,
    app as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    concat_ws(
        '; ',
        purpose,
        case when is_renewal_due then 'renews on ' || renewal_date end,
        case when not is_in_team then owner || ' has no role in the shop' end
    ) as evidence,
    cost_amount as amount_at_stake,
    currency
from marts.apps
where is_renewal_due or not is_in_team;
