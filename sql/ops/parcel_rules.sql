-- Whether each parcel of ours went as the shop's packing table says.
-- Not judged: a parcel whose carrier no export states, and one for which the table has no rule.
-- grain:  one row per parcel
-- keys:   channel, order_name, tracking_id
-- inputs: ops.parcels, ops.service_choices

create or replace table ops.parcel_rules as
select
    parcels.channel,
    parcels.order_name,
    parcels.tracking_id,
    parcels.location,
    parcels.shipped_date,
    parcels.weight_grams,
    parcels.carrier,
    parcels.service,
    choices.carrier as expected_carrier,
    choices.service as expected_service,
    case
        when parcels.carrier is not null and choices.carrier is not null
            then
                lower(parcels.carrier) = lower(choices.carrier)
                and (choices.service is null or coalesce(lower(parcels.service) = lower(choices.service), false))
    end as is_as_ruled
from ops.parcels as parcels
inner join ops.service_choices as choices
    on
        parcels.channel = choices.channel
        and coalesce(parcels.country, '') = choices.country
        and coalesce(parcels.weight_grams, -1) = choices.weight_grams
where not parcels.is_amazon;

comment on column ops.parcel_rules.location is 'Where it left from';
comment on column ops.parcel_rules.weight_grams is 'What it weighs; null where that is not known';
