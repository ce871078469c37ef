-- What was ordered each day from each pool, bundles taken apart, and whether the pool had the SKU that day.
-- What Amazon ships is demand of fba; the rest is of the pool that the order's place is in, else of the channel's own.
-- The days are closed ones: the business date itself is not among them.
-- A day is in stock, out of stock, or unknown. The last count of a place is carried forward until its limit; a place
-- counts from its first count on. In stock: some place had a unit. Out of stock: every place is known to have had none.
-- A sale on a day that only a carried count calls empty says that the count had ended: that day is unknown.
-- Of a day after the newest file of a channel that sells the SKU, where that file is too old, nothing is known; nor of
-- one before the shop's first order that is known, unless its stock is: an export of twenty days covers twenty days.
-- grain:  one row per SKU × pool × day of the window
-- keys:   sku, pool, business_date
-- inputs: core.order_lines, core.bundles, core.stock_history, core.stock_levels, ops.report_presence,
--   settings.channel_locations, settings.locations, settings.run, settings.stock

create or replace table ops.demand_daily as
with

days as (
    select
        cast(unnest(generate_series(
            run.business_date - cast(stock.window_days as integer), run.business_date - 1, interval 1 day
        )) as date) as business_date
    from settings.run
    cross join settings.stock
),

-- The pool that we fill a channel's orders from: its places are of one.
own_pools as (
    select
        channel_locations.channel,
        arg_min(locations.pool, channel_locations.preference) as pool
    from settings.channel_locations
    inner join settings.locations using (location)
    where locations.pool != 'fba'
    group by channel_locations.channel
),

lines as (
    select
        coalesce(bundles.component_sku, order_lines.sku) as sku,
        case
            when order_lines.fulfilled_by = 'amazon' then 'fba'
            else coalesce(locations.pool, own_pools.pool, 'merchant')
        end as pool,
        order_lines.channel,
        order_lines.business_date,
        order_lines.demand_units * coalesce(bundles.component_units, 1) as units
    from core.order_lines
    left join core.bundles on order_lines.sku = bundles.bundle_sku
    left join settings.locations on order_lines.location = locations.location
    left join own_pools on order_lines.channel = own_pools.channel
    where order_lines.is_demand
),

sold as (
    select
        sku,
        pool,
        business_date,
        sum(units) as units
    from lines
    group by sku, pool, business_date
),

-- The last day of which all the orders are known: the one before the newest file came.
ends as (
    select
        lines.sku,
        min(report_presence.orders_known_to_date) - 1 as last_date
    from lines
    inner join days using (business_date)
    inner join ops.report_presence using (channel)
    group by lines.sku
),

starts as (select min(business_date) as first_date from core.order_lines),

skus as (
    select
        sku,
        pool
    from sold
    union distinct
    select
        stock_levels.sku,
        coalesce(locations.pool, 'merchant') as pool
    from core.stock_levels
    left join settings.locations using (location)
),

-- Each count with the days it speaks for: to the next count of the place, or to its limit.
spans as (
    select
        stock_history.sku,
        stock_history.location,
        coalesce(locations.pool, 'merchant') as pool,
        stock_history.history_date,
        stock_history.on_hand_units,
        min(stock_history.history_date) over (
            partition by stock_history.sku, stock_history.location
        ) as first_date,
        least(
            coalesce(
                lead(stock_history.history_date) over (
                    partition by stock_history.sku, stock_history.location order by stock_history.history_date
                ) - 1,
                date '9999-12-31'
            ),
            stock_history.history_date + cast(coalesce(locations.count_holds_days, 1) as integer)
        ) as last_date
    from core.stock_history
    left join settings.locations using (location)
),

-- A place that was in use that day and of which the day's count is known or not.
places as (
    select
        sku,
        pool,
        location,
        min(first_date) as first_date
    from spans
    group by sku, pool, location
),

known as (
    select
        spans.sku,
        spans.pool,
        days.business_date,
        spans.on_hand_units,
        date_diff('day', spans.history_date, days.business_date) as age_days
    from spans
    inner join days on days.business_date between spans.history_date and spans.last_date
),

in_use as (
    select
        places.sku,
        places.pool,
        days.business_date,
        count(*) as place_count
    from places
    inner join days on places.first_date <= days.business_date
    group by places.sku, places.pool, days.business_date
),

stocked as (
    select
        known.sku,
        known.pool,
        known.business_date,
        count(*) as known_count,
        bool_or(known.on_hand_units > 0) as has_units,
        bool_or(known.age_days > 0) as is_carried,
        max(known.age_days) as age_days
    from known
    group by known.sku, known.pool, known.business_date
)

select
    skus.sku,
    skus.pool,
    days.business_date,
    case
        when
            starts.first_date is not null
            and (days.business_date >= starts.first_date or stocked.known_count > 0)
            and days.business_date <= coalesce(ends.last_date, days.business_date)
            then cast(coalesce(sold.units, 0) as bigint)
    end as units,
    case
        when stocked.has_units then true
        when stocked.known_count < in_use.place_count then null
        when stocked.is_carried and sold.units > 0 then null
        when stocked.known_count = in_use.place_count then false
    end as is_in_stock,
    in_use.place_count is not null as has_place,
    cast(stocked.age_days as bigint) as stock_age_days
from skus
cross join days
cross join starts
left join ends on skus.sku = ends.sku
left join sold
    on skus.sku = sold.sku and skus.pool = sold.pool and days.business_date = sold.business_date
left join stocked
    on skus.sku = stocked.sku and skus.pool = stocked.pool and days.business_date = stocked.business_date
left join in_use
    on skus.sku = in_use.sku and skus.pool = in_use.pool and days.business_date = in_use.business_date;

comment on column ops.demand_daily.units is 'Units wanted: ordered, less removed and cancelled, bundles taken apart; null where the orders of that day are not known';
