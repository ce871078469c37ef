-- With whom and in what box a parcel goes by the shop's packing table: the first service that fits, the smallest box.
-- Where the weight is not known, a rule that asks for it decides nothing, and neither does any after it.
-- grain:  one row per channel × country × weight of any parcel
-- keys:   channel, country, weight_grams
-- inputs: ops.parcels, ops.pick_parcels, settings.service_rules, settings.boxes

create or replace table ops.service_choices as
with

asked as (
    select
        channel,
        coalesce(country, '') as country,
        coalesce(weight_grams, -1) as weight_grams
    from ops.parcels
    where not is_amazon
    union distinct
    select
        channel,
        coalesce(country, '') as country,
        coalesce(weight_grams, -1) as weight_grams
    from ops.pick_parcels
),

fitting as (
    select
        asked.channel,
        asked.country,
        asked.weight_grams,
        arg_min(rules, rules.rule_no) as rule
    from asked
    inner join settings.service_rules as rules
        on
            (len(rules.channels) = 0 or list_contains(rules.channels, asked.channel))
            and (len(rules.countries) = 0 or list_contains(rules.countries, asked.country))
            and coalesce(asked.weight_grams <= rules.up_to_grams, true)
    group by asked.channel, asked.country, asked.weight_grams
),

boxed as (
    select
        asked.channel,
        asked.country,
        asked.weight_grams,
        arg_min(boxes.box, boxes.up_to_grams) as box
    from asked
    inner join settings.boxes as boxes on asked.weight_grams between 0 and boxes.up_to_grams
    group by asked.channel, asked.country, asked.weight_grams
)

select
    asked.channel,
    asked.country,
    asked.weight_grams,
    boxed.box,
    fitting.rule.rule_no,
    fitting.rule.carrier,
    fitting.rule.service,
    fitting.rule.price_amount,
    fitting.rule.currency
from asked
left join fitting
    on
        asked.channel = fitting.channel and asked.country = fitting.country
        and asked.weight_grams = fitting.weight_grams
        and (asked.weight_grams >= 0 or fitting.rule.up_to_grams is null)
left join boxed
    on asked.channel = boxed.channel and asked.country = boxed.country and asked.weight_grams = boxed.weight_grams;

comment on column ops.service_choices.country is 'Where it goes, in small letters; empty where nobody states it';
comment on column ops.service_choices.weight_grams is 'What it weighs; -1 where it is not known';
comment on column ops.service_choices.carrier is 'Carrier of the first rule that fits; null where none does';
comment on column ops.service_choices.service is 'Its service; null where any will do';
comment on column ops.service_choices.price_amount is 'What the table says a parcel costs; null where it does not';
