-- What is promised beyond what a pool can give, now: a place that is short while its pool is not has to move units, and
-- is in checks.finding_stock. Promises at a place that nobody counts draw on the counted places of the pool.
-- grain:  one row per SKU × pool that is oversold
-- keys:   sku, pool
-- inputs: ops.stock_position, core.bundles, core.listings, core.order_lines, core.promotions,
--   settings.channel_locations,
--   settings.locations, settings.rates, settings.run

create or replace table ops.oversold as
with

-- In the shop's currency; a price in one without a rate is not known.
prices as (
    select
        listings.channel_sku as sku,
        max(listings.price_amount / rates.rate) as price_amount
    from core.listings
    inner join settings.rates using (currency)
    group by listings.channel_sku
),

pools as (
    select
        stock_position.sku,
        locations.pool,
        sum(stock_position.reserved_units) as open_units,
        sum(
            stock_position.on_hand_units - coalesce(stock_position.unavailable_units, 0)
            - stock_position.left_since_units
        ) as available_units,
        max(stock_position.source_as_of) as counted_at,
        string_agg(
            case
                when stock_position.source_as_of is null
                    then stock_position.location || ' ' || stock_position.reserved_units || ' of an unknown number'
                else
                    stock_position.location || ' ' || stock_position.reserved_units || ' of '
                    || (
                        stock_position.on_hand_units - coalesce(stock_position.unavailable_units, 0)
                        - stock_position.left_since_units
                    )
            end, ', ' order by stock_position.location
        ) as places
    from ops.stock_position
    inner join settings.locations using (location)
    group by stock_position.sku, locations.pool
),

short as (
    select
        sku,
        pool,
        open_units,
        available_units,
        open_units - available_units as short_units,
        counted_at,
        places
    from pools
    where open_units > available_units and open_units > 0 and counted_at is not null
),

own_pools as (
    select
        channel_locations.channel,
        arg_min(locations.pool, channel_locations.preference) as pool
    from settings.channel_locations
    inner join settings.locations using (location)
    where locations.pool != 'fba'
    group by channel_locations.channel
),

-- The channels whose open orders wait for the SKU.
waiting as (
    select distinct
        coalesce(bundles.component_sku, order_lines.sku) as sku,
        case when order_lines.fulfilled_by = 'amazon' then 'fba' else own_pools.pool end as pool,
        order_lines.channel
    from core.order_lines
    left join core.bundles on order_lines.sku = bundles.bundle_sku
    left join own_pools on order_lines.channel = own_pools.channel
    where order_lines.is_promised
),

-- Promotions that run, of a bundle on each of its components; without a SKU or channel of every one.
promoted as (
    select
        coalesce(bundles.component_sku, promotions.sku) as sku,
        promotions.channel,
        promotions.title
    from core.promotions
    cross join settings.run
    left join core.bundles on promotions.sku = bundles.bundle_sku
    where run.business_date between promotions.start_date and promotions.end_date
),

running as (
    select
        short.sku,
        short.pool,
        string_agg(distinct waiting.channel, ', ' order by waiting.channel) as channels,
        string_agg(distinct promoted.title, ', ' order by promoted.title) as promotions
    from short
    left join waiting on short.sku = waiting.sku and short.pool = waiting.pool
    left join promoted
        on
            coalesce(short.sku = promoted.sku, promoted.sku is null)
            and coalesce(waiting.channel = promoted.channel, promoted.channel is null)
    group by short.sku, short.pool
)

select
    short.sku,
    short.pool,
    cast(short.open_units as bigint) as open_units,
    cast(short.available_units as bigint) as available_units,
    cast(short.short_units as bigint) as short_units,
    short.counted_at,
    short.places,
    running.channels,
    running.promotions,
    -- Without any calendar nobody knows whether a promotion runs.
    case
        when running.promotions is not null then true
        when exists (select 1 from core.promotions) then false
    end as in_promotion,
    cast(short.short_units * prices.price_amount as decimal(18, 2)) as amount_at_stake,
    run.currency
from short
inner join running using (sku, pool)
cross join settings.run
left join prices using (sku);

comment on column ops.oversold.open_units is 'Units promised to open orders, of the whole pool';
comment on column ops.oversold.available_units is 'Units of the pool that are fit to sell, promises not counted';
comment on column ops.oversold.amount_at_stake is 'What the missing units are worth; null where no price is known';
