-- What there is, what is promised and what is left, by place.
-- grain:  one row per SKU × location
-- keeps:  ops.stock_position by sku, location; sum on_hand_units = on_hand, reserved_units = reserved; units on_hand_units
-- needs:  all orders, all sibling_orders, sku_map, bundles, stock
-- keys:   shop, sku, location
-- inputs: ops.stock_position, settings.run

create or replace table marts.stock_position as
select
    run.shop,
    run.business_date as as_of,
    stock_position.sku,
    stock_position.location,
    stock_position.on_hand_units as on_hand,
    stock_position.unavailable_units as unavailable,
    stock_position.reserved_units as reserved,
    stock_position.available_units as available,
    stock_position.incoming_units as incoming,
    stock_position.committed_beyond_units,
    stock_position.source_as_of,
    stock_position.is_stale as stale,
    stock_position.missing_since_at,
    '2' as rule_version,
    stock_position.source_file_id
from ops.stock_position
cross join settings.run;

comment on table marts.stock_position is 'What there is, what is promised and what is left, by place.';
comment on column marts.stock_position.shop is 'Shop';
comment on column marts.stock_position.as_of is 'Business date of the state';
comment on column marts.stock_position.sku is 'Seller''s SKU';
comment on column marts.stock_position.location is 'Location';
comment on column marts.stock_position.on_hand is 'Units counted in the place; null where no file counts it';
comment on column marts.stock_position.unavailable is 'Units damaged, held or in quarantine';
comment on column marts.stock_position.reserved is 'Units promised to open orders: per platform over all its places the larger of our count and the channel’s';
comment on column marts.stock_position.available is 'on hand − unavailable − reserved, units; below 0 more is promised than there is; null where no file counts the place';
comment on column marts.stock_position.incoming is 'Units on the way';
comment on column marts.stock_position.committed_beyond_units is 'Part of reserved that only the channel''s own count knows';
comment on column marts.stock_position.source_as_of is 'Moment the count was true, UTC';
comment on column marts.stock_position.stale is 'Older than the shop’s limit, or never told';
comment on column marts.stock_position.missing_since_at is 'First export of the place that does not list the SKU, UTC; its last figure is kept; null where the newest lists it';
comment on column marts.stock_position.rule_version is 'Version of the rule that computed it';
comment on column marts.stock_position.source_file_id is 'Landed file of the count';
