-- What left of each order, by SKU, when, and how much of it came back by now.
-- Never more comes back than left: what does is in core.returns.
-- grain:  one row per order × SKU of which a unit has left
-- keys:   channel, order_id, sku
-- by:     channel, order_id
-- inputs: core.order_lines, core.orders, core.order_parcels, core.returns, settings.run

create or replace table ops.shipped_goods as
with

goods as (
    select
        channel,
        order_id,
        sku,
        min(business_date) as business_date,
        sum(shipped_units) as shipped_units
    from core.order_lines
    where sku is not null and shipped_units > 0
    group by channel, order_id, sku
),

back as (
    select
        channel,
        order_id,
        sku,
        sum(returned_units) as returned_units
    from core.returns
    where order_id is not null
    group by channel, order_id, sku
)

select
    goods.channel,
    goods.order_id,
    goods.sku,
    goods.business_date,
    cast(timezone(run.timezone, coalesce(order_parcels.first_shipped_at, orders.shipped_at)) as date) as left_date,
    cast(goods.shipped_units as bigint) as shipped_units,
    cast(least(coalesce(back.returned_units, 0), goods.shipped_units) as bigint) as returned_units
from goods
inner join core.orders using (channel, order_id)
left join core.order_parcels using (channel, order_id)
left join back using (channel, order_id, sku)
cross join settings.run;

comment on column ops.shipped_goods.returned_units is 'Of them, units that came back by now; 0 where no report of returns came, too';
