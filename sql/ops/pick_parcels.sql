-- What each location packs for each order that we send: how heavy it is, and where it goes.
-- grain:  one row per location × order
-- keys:   location, channel, order_id
-- inputs: ops.pick_lines, ops.sku_weights, core.orders

create or replace table ops.pick_parcels as
select
    pick_lines.location,
    pick_lines.channel,
    pick_lines.order_id,
    lower(any_value(orders.ship_country)) as country,
    cast(
        case
            when count(*) = count(weights.weight_grams) then sum(pick_lines.open_units * weights.weight_grams)
        end as decimal(18, 1)
    ) as weight_grams
from ops.pick_lines as pick_lines
inner join core.orders as orders using (channel, order_id)
left join ops.sku_weights as weights using (sku)
group by pick_lines.location, pick_lines.channel, pick_lines.order_id;

comment on column ops.pick_parcels.location is 'Where it is packed; empty where nothing says it';
comment on column ops.pick_parcels.weight_grams is 'What the units in it weigh; null where the weight of one is not known';
comment on column ops.pick_parcels.country is 'Where it goes, as the channel writes it, in small letters; null where it states none';
