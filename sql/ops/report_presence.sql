-- Whether it can be known when a channel's orders leave, and what of them comes back: what of its reports has come, ever.
-- The channel's own orders may state a day of shipping, or only that it happened; a file of shipments states both.
-- What comes back its own report of returns states, or a warehouse's; what buyers dispute a report of disputes, or the
-- payouts, which take it.
-- grain:  one row per channel
-- keys:   channel
-- inputs: core.orders, core.payout_lines, landing.files, landing.sightings, settings.exports, settings.export_tables, settings.channels, settings.run

create or replace table ops.report_presence as
with

came as (
    select distinct
        exports.platform,
        export_tables.loaded_table,
        exports.states_ship_day,
        exports.states_shipping
    from landing.files
    inner join settings.exports using (report)
    inner join settings.export_tables using (report)
    where files.status = 'accepted'
),

-- Shipments and returns that belong to no channel: the warehouse's own, or the 3PL's.
warehouses as (
    select
        count(*) filter (where loaded_table = 'shipments') > 0 as has_shipments,
        count(*) filter (where loaded_table = 'returns') > 0 as has_returns
    from came
    where platform not in (select channels.platform from settings.channels)
),

-- Until when orders are known, where the newest file of them is older than its limit.
newest as (
    select
        exports.platform,
        max(greatest(files.exported_at, sightings.seen_at)) as known_to_at,
        max(greatest(files.exported_at, sightings.seen_at) + to_hours(exports.limit_hours)) as good_until_at,
        bool_or(exports.limit_hours is null) as is_unlimited
    from landing.files
    inner join settings.exports using (report)
    inner join settings.export_tables using (report)
    left join landing.sightings using (file_id)
    where files.status = 'accepted' and export_tables.loaded_table = 'orders'
    group by exports.platform
),

-- Of orders before the first that any file holds, nothing is known.
first_orders as (
    select
        channel,
        min(ordered_at) as orders_known_from_at
    from core.orders
    group by channel
),

orders as (
    select
        platform,
        bool_or(states_ship_day) as states_ship_day,
        bool_or(states_shipping) as states_shipping
    from came
    where loaded_table = 'orders'
    group by platform
),

returns as (
    select distinct platform
    from came
    where loaded_table = 'returns'
),

disputes as (
    select distinct platform
    from came
    where loaded_table = 'disputes'
),

paid as (
    select distinct channel
    from core.payout_lines
)

select
    channels.channel,
    orders.platform is not null as has_orders,
    warehouses.has_shipments,
    warehouses.has_returns or returns.platform is not null as has_returns,
    disputes.platform is not null or paid.channel is not null as has_disputes,
    coalesce(orders.states_ship_day, false) as states_ship_day,
    coalesce(orders.states_shipping, false) as states_shipping,
    warehouses.has_shipments or coalesce(orders.states_ship_day, false) as knows_ship_day,
    warehouses.has_shipments or coalesce(orders.states_shipping, false) as knows_shipping,
    case
        when not newest.is_unlimited and newest.good_until_at < run.as_of
            then cast(timezone(channels.timezone, newest.known_to_at) as date)
    end as orders_known_to_date,
    first_orders.orders_known_from_at
from settings.channels
cross join settings.run
cross join warehouses
left join orders using (platform)
left join returns using (platform)
left join disputes using (platform)
left join paid using (channel)
left join newest using (platform)
left join first_orders using (channel);
