-- Stock that cannot be or that nobody can vouch for: below nothing, promised beyond what a pool or one of its places
-- holds, counted too long ago, gone from an export without a word, or listed twice under one SKU.
-- grain:  one row per type × SKU × location or pool, location of a stale count, or export that lacks SKUs
-- keys:   type, subject_kind, subject_id
-- inputs: core.stock_levels, ops.stock_position, ops.oversold, ops.stock_echo, core.listings, settings.locations,
--   settings.run

create or replace table checks.finding_stock as
with

prices as (
    select
        channel_sku as sku,
        max(price_amount) as price_amount
    from core.listings
    group by channel_sku
)

select
    'negative_stock' as type,
    'stock' as subject_kind,
    stock_levels.location || '/' || stock_levels.sku as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    stock_levels.on_hand_units || ' units on hand at ' || stock_levels.location as evidence,
    cast(-stock_levels.on_hand_units * prices.price_amount as decimal(18, 2)) as amount_at_stake,
    run.currency
from core.stock_levels
cross join settings.run
left join prices using (sku)
where stock_levels.on_hand_units < 0
union all
select
    'oversold' as type,
    'stock' as subject_kind,
    oversold.pool || '/' || oversold.sku as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    oversold.open_units || ' units are promised, ' || oversold.available_units || ' are fit to sell ('
    || oversold.places || ')' || coalesce(', ordered at ' || oversold.channels, '')
    || coalesce(', while the promotion ' || oversold.promotions || ' runs: pause it first', '') as evidence,
    oversold.amount_at_stake,
    oversold.currency
from ops.oversold
union all
select
    'place_short' as type,
    'stock' as subject_kind,
    stock_position.location || '/' || stock_position.sku as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    stock_position.reserved_units || ' units are promised at ' || stock_position.location || ', '
    || (
        stock_position.on_hand_units - coalesce(stock_position.unavailable_units, 0)
        - stock_position.left_since_units
    )
    || ' are fit to sell there; other places of its pool have the rest' as evidence,
    cast(-stock_position.available_units * prices.price_amount as decimal(18, 2)) as amount_at_stake,
    run.currency
from ops.stock_position
inner join settings.locations using (location)
cross join settings.run
left join ops.oversold on stock_position.sku = oversold.sku and locations.pool = oversold.pool
left join prices on stock_position.sku = prices.sku
where
    stock_position.available_units < 0
    and stock_position.reserved_units > 0
    and stock_position.source_as_of is not null
    and oversold.sku is null
union all
select
    'stale_stock' as type,
    'location' as subject_kind,
    locations.location as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    'the newest count is of ' || strftime(timezone('UTC', max(stock_position.source_as_of)), '%Y-%m-%d %H:%M') || ' UTC'
        as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from ops.stock_position
inner join settings.locations using (location)
where stock_position.source_as_of is not null
group by locations.location
having bool_and(stock_position.is_stale)
union all
select
    'stock_vanished' as type,
    'snapshot' as subject_kind,
    stock_levels.missing_from as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    count(*) || ' SKUs that held ' || sum(stock_levels.on_hand_units) || ' units are missing from the export of '
    || strftime(timezone('UTC', min(stock_levels.missing_since_at)), '%Y-%m-%d %H:%M')
    || ' UTC; their last figures are kept: '
    || array_to_string(
        list_slice(
            list(
                stock_levels.sku || ' ' || stock_levels.on_hand_units
                order by stock_levels.on_hand_units desc, stock_levels.sku asc
            ), 1, evidence_list_size()
        ), ', '
    ) || case when count(*) > evidence_list_size() then ', …' else '' end as evidence,
    cast(sum(stock_levels.on_hand_units * prices.price_amount) as decimal(18, 2)) as amount_at_stake,
    min(run.currency) as currency
from core.stock_levels
cross join settings.run
left join prices using (sku)
where stock_levels.missing_since_at is not null
group by stock_levels.missing_from
union all
select
    'shared_sku' as type,
    'stock' as subject_kind,
    stock_levels.location || '/' || stock_levels.sku as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    stock_levels.product_count || ' products of the export share the SKU ' || stock_levels.sku || ' at '
    || stock_levels.location || ': the counts are not added, the least holds. ' || stock_levels.counts_said as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from core.stock_levels
where stock_levels.product_count > 1
union all
select
    'stock_echo' as type,
    'listing' as subject_kind,
    stock_echo.channel || '/' || stock_echo.channel_sku as subject_id,
    stock_echo.channel,
    cast(null as varchar) as order_id,
    stock_echo.channel || ' was sent ' || stock_echo.pushed_units || ' units of ' || stock_echo.sku || ' where '
    || stock_echo.counted_units || ' were counted,'
    || ' and its export now states our number as its stock: the figures are held'
        as evidence,
    cast((stock_echo.counted_units - stock_echo.pushed_units) * prices.price_amount as decimal(18, 2))
        as amount_at_stake,
    run.currency
from ops.stock_echo
cross join settings.run
left join prices using (sku);
