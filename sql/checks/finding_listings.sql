-- Listings to work on: those that break a rule of their platform, and what changed and is to be looked at in the shop.
-- grain:  one row per platform × rule, one per platform × file with changes
-- keys:   type, subject_kind, subject_id
-- inputs: ops.listing_faults, marts.listing_changes, settings.run

create or replace table checks.finding_listings as
select
    'listing_rule_broken' as type,
    'listing_rule' as subject_kind,
    platform || '/' || rule as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    count(*) || if(count(*) = 1, ' listing: ', ' listings: ')
    || named_list(list(channel_sku || ', ' || fault order by channel_sku)) as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from ops.listing_faults
group by platform, rule
union all
select
    'listing_changed' as type,
    'listings' as subject_kind,
    changes.platform || '/' || strftime(timezone(run.timezone, changes.changed_at), '%Y-%m-%d %H:%M') as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    count(*) || if(count(*) = 1, ' change: ', ' changes: ') || named_list(list(
        changes.channel_sku || ' ' || changes.field || ' '
        || concat_ws(' → ', changes.old_value, changes.new_value)
        order by changes.channel_sku, changes.field
    )) as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from marts.listing_changes as changes
cross join settings.run
where changes.is_to_check
group by changes.platform, changes.changed_at, run.timezone;
