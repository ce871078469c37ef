-- Where more is promised than there is, now.
-- grain:  one row per SKU × location that is oversold
-- needs:  all orders, all sibling_orders, sku_map, bundles, all stock
-- keys:   shop, sku, pool, started_at
-- inputs: ops.stock_position, core.listings, settings.run

create or replace table marts.oversell_events as
with

prices as (
    select
        channel_sku as sku,
        max(price_amount) as price_amount
    from core.listings
    group by channel_sku
)

select
    run.shop,
    stock_position.sku,
    stock_position.location as pool,
    stock_position.source_as_of as started_at,
    stock_position.reserved_units as open_units,
    stock_position.on_hand_units - stock_position.unavailable_units as available_units,
    -stock_position.available_units as short_units,
    cast(-stock_position.available_units * prices.price_amount as decimal(18, 2)) as amount_at_stake,
    run.currency,
    cast(null as timestamptz) as ended_at,
    cast(null as boolean) as in_promotion,
    getvariable('rule_version') as rule_version
from ops.stock_position
cross join settings.run
left join prices using (sku)
where
    stock_position.available_units < 0
    and stock_position.reserved_units > 0
    and stock_position.source_as_of is not null;

comment on column marts.oversell_events.pool is 'Location';
comment on column marts.oversell_events.open_units is 'Units promised to open orders';
comment on column marts.oversell_events.available_units is 'Units fit to sell, promises not counted';
comment on column marts.oversell_events.amount_at_stake is 'What those orders are worth; null where no price is known';
