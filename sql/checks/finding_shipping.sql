-- Parcels that should have arrived long ago, and places whose parcels lack a number or go with another carrier than the
-- packing table says, and parcels of worth that weigh another weight than what should be in them.
-- grain:  one row per parcel, or per place and what it does
-- keys:   type, subject_kind, subject_id
-- inputs: ops.parcels, ops.parcel_rules, settings.boxes, settings.weight_check, settings.run

create or replace table checks.finding_shipping as
with

untracked as (
    select
        parcels.location,
        count(*) as parcels,
        max(parcels.shipped_date) as last_date,
        named_list(list(distinct parcels.order_name order by parcels.order_name)) as orders
    from ops.parcels as parcels
    cross join settings.run
    where
        not parcels.has_tracking
        and not parcels.is_amazon
        and parcels.shipped_date > run.business_date - parcel_review_days()
    group by parcels.location
),

unruled as (
    select
        rules.location,
        concat_ws(' ', rules.carrier, rules.service) as actual,
        concat_ws(' ', rules.expected_carrier, rules.expected_service) as expected,
        count(*) as parcels,
        max(rules.shipped_date) as last_date,
        named_list(list(distinct rules.order_name order by rules.order_name)) as orders
    from ops.parcel_rules as rules
    cross join settings.run
    where not rules.is_as_ruled and rules.shipped_date > run.business_date - parcel_review_days()
    group by all
),

-- The goods and the smallest box that takes them; where the shop has no boxes, the goods alone.
expected as (
    select
        parcels.channel,
        parcels.order_name,
        parcels.tracking_id,
        parcels.goods_grams + coalesce(arg_min(boxes.tare_grams, boxes.up_to_grams), 0) as grams
    from ops.parcels as parcels
    left join settings.boxes as boxes on parcels.goods_grams <= boxes.up_to_grams
    where parcels.goods_grams is not null
    group by parcels.channel, parcels.order_name, parcels.tracking_id, parcels.goods_grams
)

select
    'parcel_lost_suspect' as type,
    'parcel' as subject_kind,
    concat_ws('/', parcels.channel, parcels.order_name, nullif(parcels.tracking_id, '')) as subject_id,
    parcels.channel,
    parcels.order_id,
    concat_ws(
        '', concat_ws(' ', parcels.carrier, parcels.service, nullif(parcels.tracking_id, '')), ' left ',
        parcels.location, ' on ' || parcels.shipped_date, ' and has not arrived in ',
        date_diff('day', parcels.shipped_date, run.business_date) || ' days',
        if(parcels.claim_date < run.business_date, ', could be claimed until ', ', to be claimed by ')
        || parcels.claim_date,
        case when parcels.claim_date < run.business_date then ', which is past' end
    ) as evidence,
    cast(parcels.total_amount as decimal(18, 2)) as amount_at_stake,
    parcels.currency
from ops.parcels as parcels
cross join settings.run
where parcels.is_lost_suspect
union all
select
    'parcels_without_tracking' as type,
    'location' as subject_kind,
    coalesce(location, 'no location') as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    'without a number to track: ' || parcels || ' in ' || parcel_review_days() || ' days, the last on ' || last_date
    || ', of orders ' || orders as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from untracked
union all
select
    'parcel_weight_off' as type,
    'parcel' as subject_kind,
    concat_ws('/', parcels.channel, parcels.order_name, nullif(parcels.tracking_id, '')) as subject_id,
    parcels.channel,
    parcels.order_id,
    'weighs ' || cast(round(parcels.weight_grams) as bigint) || ' g, units and box '
    || cast(round(expected.grams) as bigint) || ' g; left ' || parcels.location || ' on ' || parcels.shipped_date
        as evidence,
    cast(parcels.total_amount as decimal(18, 2)) as amount_at_stake,
    parcels.currency
from ops.parcels as parcels
inner join expected using (channel, order_name, tracking_id)
cross join settings.run
inner join settings.weight_check as limits on parcels.total_amount >= limits.from_amount
where
    not parcels.is_amazon
    and parcels.shipped_date > run.business_date - parcel_review_days()
    and abs(parcels.weight_grams - expected.grams) > expected.grams * limits.tolerance_percent / 100
union all
select
    'carrier_rule_not_followed' as type,
    'location' as subject_kind,
    concat_ws('/', location, actual, expected) as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    'went by ' || actual || ' instead of ' || expected || ': ' || parcels || ' in ' || parcel_review_days()
    || ' days, the last on ' || last_date || ', of orders ' || orders as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from unruled;
