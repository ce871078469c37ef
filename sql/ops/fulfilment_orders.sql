-- Every counted order that the shop ships itself, and how it stands against its promise.
-- Left out: sales over a counter, what Amazon ships, and orders none of whose lines was accepted.
-- Days are those of the shop's clock: one warehouse ships for channels of every zone.
-- grain:  one row per order
-- keys:   channel, order_id
-- inputs: core.orders, core.order_lines, core.shipments, settings.run, settings.channels, settings.channel_locations

create or replace table ops.fulfilment_orders as
with

own_lines as (
    select
        channel,
        order_id,
        arg_min(location, (line_no, line_id)) as location,
        sum(quantity_units) filter (where not is_cancelled) as units,
        sum(quantity_units) filter (where not is_cancelled and is_shipped) as shipped_units
    from core.order_lines
    where fulfilled_by = 'merchant'
    group by channel, order_id
),

parcels as (
    select
        channel,
        order_name,
        arg_min(location, (shipped_at, tracking_id)) as location
    from core.shipments
    group by channel, order_name
),

first_of_channel as (
    select
        channel,
        arg_min(location, preference) as location
    from settings.channel_locations
    group by channel
)

select
    orders.channel,
    orders.order_id,
    coalesce(by_name.location, by_id.location, own_lines.location, first_of_channel.location, '') as location,
    orders.state,
    orders.ordered_at,
    cast(timezone(run.timezone, orders.ordered_at) as date) as ordered_date,
    orders.ship_by_at,
    cast(timezone(run.timezone, orders.ship_by_at) as date) as due_date,
    orders.shipped_at,
    cast(timezone(run.timezone, orders.shipped_at) as date) as shipped_date,
    channels.by_requested_date as is_scheduled,
    orders.state = 'cancelled' as is_cancelled,
    orders.state <> 'cancelled' and coalesce(orders.ship_by_at <= run.as_of, false) as is_due,
    orders.state <> 'cancelled' and coalesce(orders.ship_by_at <= run.as_of, false)
    and coalesce(orders.shipped_at <= orders.ship_by_at, false) as is_on_time,
    cast(coalesce(own_lines.units, 0) as bigint) as ordered_units,
    cast(coalesce(own_lines.shipped_units, 0) as bigint) as shipped_units,
    cast(
        case
            when orders.state <> 'cancelled'
                then date_diff('millisecond', orders.ordered_at, orders.shipped_at) / 3600000.0
        end as decimal(18, 6)
    ) as cycle_hours
from core.orders
inner join own_lines using (channel, order_id)
inner join settings.channels using (channel)
cross join settings.run
left join parcels as by_name on orders.channel = by_name.channel and orders.order_name = by_name.order_name
left join parcels as by_id on orders.channel = by_id.channel and orders.order_id = by_id.order_name
left join first_of_channel on orders.channel = first_of_channel.channel
where orders.is_counted and not orders.is_pos;

comment on table ops.fulfilment_orders is 'Every counted order that the shop ships itself, and how it stands against its promise.';
comment on column ops.fulfilment_orders.channel is 'Channel by the shop file''s name';
comment on column ops.fulfilment_orders.order_id is 'The channel''s own order id';
comment on column ops.fulfilment_orders.location is 'Where its first parcel left, else where its lines say, else the channel''s first; empty where nothing tells';
comment on column ops.fulfilment_orders.state is 'pending (on hold until paid), open, shipped or cancelled';
comment on column ops.fulfilment_orders.ordered_at is 'Moment it was placed';
comment on column ops.fulfilment_orders.ordered_date is 'Day it was placed, on the shop''s clock';
comment on column ops.fulfilment_orders.ship_by_at is 'Moment by which it must have left';
comment on column ops.fulfilment_orders.due_date is 'Day on which it must have left, on the shop''s clock';
comment on column ops.fulfilment_orders.shipped_at is 'Moment it left';
comment on column ops.fulfilment_orders.shipped_date is 'Day it left, on the shop''s clock';
comment on column ops.fulfilment_orders.is_scheduled is 'The buyer chose the day: its age and cycle time say nothing of speed';
comment on column ops.fulfilment_orders.is_cancelled is 'It was cancelled';
comment on column ops.fulfilment_orders.is_due is 'Its moment has come by now, and it was not cancelled';
comment on column ops.fulfilment_orders.is_on_time is 'It was due and had left by its moment; due and not on time is late, open or not';
comment on column ops.fulfilment_orders.ordered_units is 'Units of its lines that we ship, less cancelled lines';
comment on column ops.fulfilment_orders.shipped_units is 'Of them, units that left';
comment on column ops.fulfilment_orders.cycle_hours is 'Hours from order to shipment; null until it leaves';
