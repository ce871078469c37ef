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
    stock_position.left_since_units,
    stock_position.available_units as available,
    stock_position.incoming_units as incoming,
    stock_position.committed_beyond_units,
    stock_position.source_as_of,
    stock_position.is_stale as stale,
    stock_position.missing_since_at,
    getvariable('rule_version') as rule_version,
    stock_position.source_file_id
from ops.stock_position
cross join settings.run;

comment on column marts.stock_position.on_hand is 'Units counted in the place; null where no file counts it';
