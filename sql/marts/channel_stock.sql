-- What each listing is told it may sell, with every layer between the shelf and the number.
-- grain:  one row per listing (channel × channel SKU)
-- needs:  all orders, all sibling_orders, sku_map, bundles, all stock, all listings
-- keys:   shop, channel, channel_sku
-- inputs: ops.channel_stock, settings.run

create or replace table marts.channel_stock as
select
    run.shop,
    run.business_date as as_of,
    channel_stock.channel,
    channel_stock.channel_sku,
    channel_stock.sku,
    channel_stock.pool,
    channel_stock.pool_units,
    channel_stock.eligible_units,
    channel_stock.reserved_units,
    channel_stock.bundle_limit,
    channel_stock.buffer_units,
    channel_stock.buffer_rule,
    channel_stock.mode,
    channel_stock.floor_units,
    channel_stock.cap_units,
    channel_stock.published_units,
    channel_stock.previous_units,
    channel_stock.delta,
    cast(channel_stock.oversell_risk as decimal(9, 6)) as oversell_risk,
    channel_stock.reason,
    'stock-2' as rule_version
from ops.channel_stock
cross join settings.run;

comment on table marts.channel_stock is 'What each listing is told it may sell, with every layer between the shelf and the number.';
comment on column marts.channel_stock.shop is 'Shop';
comment on column marts.channel_stock.as_of is 'Business date of the state';
comment on column marts.channel_stock.channel is 'Channel';
comment on column marts.channel_stock.channel_sku is 'SKU as the channel knows it';
comment on column marts.channel_stock.sku is 'Seller''s SKU';
comment on column marts.channel_stock.pool is 'merchant or fba: FBA stock never enters a merchant channel';
comment on column marts.channel_stock.pool_units is 'Fit units in the whole pool, units of the listing';
comment on column marts.channel_stock.eligible_units is 'Of them in the locations of the channel';
comment on column marts.channel_stock.reserved_units is 'Promised to open orders';
comment on column marts.channel_stock.bundle_limit is 'Bundles that can be made; null where it is no bundle';
comment on column marts.channel_stock.buffer_units is 'Held back';
comment on column marts.channel_stock.buffer_rule is 'Where the buffer was decided';
comment on column marts.channel_stock.mode is 'shared, rationed, held, stopped or read_only';
comment on column marts.channel_stock.floor_units is 'At or below it 0 is told';
comment on column marts.channel_stock.cap_units is 'Never more is told; null without one';
comment on column marts.channel_stock.published_units is 'What the channel is told';
comment on column marts.channel_stock.previous_units is 'What it was told before; null the first time';
comment on column marts.channel_stock.delta is 'Change, units';
comment on column marts.channel_stock.oversell_risk is 'Chance that more is sold than there is until the next sync, 0 to 1';
comment on column marts.channel_stock.reason is 'The layers as a sentence';
comment on column marts.channel_stock.rule_version is 'Version of the rule that computed it';
