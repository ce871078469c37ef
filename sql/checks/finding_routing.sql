-- Orders that are about to leave from another place than the routing says, and places from which lines left that way.
-- grain:  one row per open order, or per place and rule
-- keys:   type, subject_kind, subject_id
-- inputs: ops.line_routes, settings.run

create or replace table checks.finding_routing as
with

wrong as (
    select *
    from ops.line_routes
    where not is_as_routed
),

opened as (
    select
        channel,
        order_id,
        array_to_string(list_sort(list(
            distinct coalesce(sku, 'line ' || line_id) || ' at ' || from_location || ' instead of '
            || expected_locations
        )), ', ') as evidence
    from wrong
    where open_units > 0
    group by channel, order_id
),

gone as (
    select
        wrong.from_location,
        wrong.rule_no,
        wrong.channel,
        any_value(wrong.expected_locations) as expected_locations,
        count(*) as lines,
        max(wrong.shipped_date) as last_date,
        named_list(list(distinct wrong.order_id order by wrong.order_id)) as orders
    from wrong
    cross join settings.run
    where wrong.shipped_date > run.business_date - parcel_review_days()
    group by wrong.from_location, wrong.rule_no, wrong.channel
)

select
    'order_at_wrong_location' as type,
    'order' as subject_kind,
    channel || '/' || order_id as subject_id,
    channel,
    order_id,
    evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from opened
union all
select
    'routing_not_followed' as type,
    'location' as subject_kind,
    concat_ws('/', channel, from_location, 'rule ' || rule_no) as subject_id,
    channel,
    cast(null as varchar) as order_id,
    'left ' || from_location || ' instead of ' || expected_locations || ': ' || lines || ' in ' || parcel_review_days()
    || ' days, the last on ' || last_date || ', of orders ' || orders as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from gone;
