-- Every order of a channel that the shop ships itself, and how it compares with its promise.
-- Left out: sales over a counter, what somebody else ships, and orders none of whose lines was accepted.
-- Due is what has a line to send (core.order_lines.is_to_ship) and its moment past. An order that is gone, and of which
-- nothing says when, is neither in time nor late; nor is one of a channel of which nothing says whether orders leave.
-- What was still open in a file from before its moment, with no newer one since, may have left or been cancelled: whether
-- it is due nobody knows.
-- Days are those of the shop's clock: one warehouse ships for channels of every zone.
-- grain:  one row per order
-- keys:   channel, order_id
-- inputs: core.orders, core.order_headers, core.order_lines, core.order_parcels, settings.run, settings.channels,
--   settings.channel_locations, ops.report_presence

create or replace table ops.fulfilment_orders as
with

own_lines as (
    select
        channel,
        order_id,
        arg_min(location, (line_no, line_id)) as location,
        sum(quantity_units - removed_units - cancelled_units) filter (where is_to_ship) as units,
        sum(shipped_units) filter (where is_to_ship) as shipped_units,
        sum(open_units) filter (where is_to_ship) as open_units,
        -- Lines may be promised for days of their own.
        sum(quantity_units - removed_units - cancelled_units) filter (
            where is_to_ship and coalesce(ship_by_at <= run.as_of, true)
        ) as due_units,
        sum(shipped_units) filter (where is_to_ship and coalesce(ship_by_at <= run.as_of, true)) as shipped_due_units
    from core.order_lines
    cross join settings.run
    where
        fulfilled_by = 'merchant'
        and due_reason not in (
            'needs_no_shipping', 'shipped_by_channel', 'over_the_counter', 'part_of_bundle', 'shipped_elsewhere'
        )
    group by channel, order_id
),

first_of_channel as (
    select
        channel,
        arg_min(location, preference) as location
    from settings.channel_locations
    group by channel
),

orders as (
    select
        orders.channel,
        orders.order_id,
        coalesce(order_parcels.location, own_lines.location, first_of_channel.location, '') as location,
        orders.state,
        is_placed_order(orders.state, orders.sale_reason) as is_placed,
        orders.ordered_at,
        orders.ship_by_at,
        case when coalesce(own_lines.open_units, 0) = 0 then headers.left_at end as shipped_at,
        channels.by_requested_date as is_scheduled,
        coalesce(own_lines.units, 0) as units,
        coalesce(own_lines.shipped_units, 0) as shipped_units,
        coalesce(own_lines.due_units, 0) as due_units,
        coalesce(own_lines.shipped_due_units, 0) as shipped_due_units,
        coalesce(own_lines.open_units, 0) as open_units,
        run.timezone,
        channels.timezone as channel_timezone,
        coalesce(report_presence.knows_shipping, true) as knows_shipping,
        case
            when
                coalesce(own_lines.open_units, 0) = 0 or orders.ship_by_at > run.as_of
                or report_presence.orders_known_to_date is null
                or cast(timezone(run.timezone, orders.ship_by_at) as date) < report_presence.orders_known_to_date
                then coalesce(own_lines.units, 0) > 0 and coalesce(orders.ship_by_at <= run.as_of, false)
        end as is_due
    from core.orders
    inner join core.order_headers as headers using (channel, order_id)
    inner join own_lines using (channel, order_id)
    inner join settings.channels using (channel)
    cross join settings.run
    left join core.order_parcels using (channel, order_id)
    left join first_of_channel using (channel)
    left join ops.report_presence using (channel)
    where orders.is_counted and not orders.is_pos
)

select
    channel,
    order_id,
    location,
    state,
    ordered_at,
    day_of(ordered_at, channel_timezone, timezone) as ordered_date,
    ship_by_at,
    cast(timezone(timezone, ship_by_at) as date) as due_date,
    shipped_at,
    day_of(shipped_at, channel_timezone, timezone) as shipped_date,
    is_scheduled,
    state = 'cancelled' as is_cancelled,
    is_placed,
    open_units > 0 as is_waiting,
    is_due,
    case
        when is_due is null or (is_due and shipped_at is null and (open_units = 0 or not knows_shipping)) then null
        else is_due and coalesce(shipped_at <= ship_by_at, false)
    end as is_on_time,
    cast(if(is_due, due_units, units) as bigint) as ordered_units,
    cast(if(is_due, shipped_due_units, shipped_units) as bigint) as shipped_units,
    cast(
        case
            when units > 0 and open_units = 0 then date_diff('millisecond', ordered_at, shipped_at) / 3600000.0
        end as decimal(18, 6)
    ) as cycle_hours
from orders;

comment on column ops.fulfilment_orders.location is 'Where its first parcel left, else where its lines say, else the channel''s first; empty where nothing says it';
comment on column ops.fulfilment_orders.state is 'State of core.orders';
comment on column ops.fulfilment_orders.ordered_date is 'Its day on the shop''s clock';
comment on column ops.fulfilment_orders.due_date is 'Its day on the shop''s clock';
comment on column ops.fulfilment_orders.shipped_at is 'Moment the last of what we had to send left; null while a part is open or nothing dates it';
comment on column ops.fulfilment_orders.is_cancelled is 'The whole order was cancelled';
comment on column ops.fulfilment_orders.is_waiting is 'A part of it is to be sent now';
comment on column ops.fulfilment_orders.ordered_units is 'Units of ours to send, less removed and cancelled; of an order that is due, those whose day has come';
comment on column ops.fulfilment_orders.shipped_units is 'Of them, gone';
