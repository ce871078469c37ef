-- What each listing is sent as its units to sell, with every layer between the shelf and the number.
-- grain:  one row per listing (channel × channel SKU)
-- needs:  all orders, all sibling_orders, sku_map, bundles, all stock, all stock_counts, all listings, promotions
-- keys:   shop, channel, channel_sku
-- inputs: ops.channel_stock, ledger.overrides, settings.run

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
    channel_stock.buffer_fixed_units,
    channel_stock.buffer_percent_units,
    channel_stock.buffer_days_units,
    channel_stock.buffer_count_units,
    channel_stock.buffer_risk_units,
    channel_stock.buffer_promotion_units,
    channel_stock.buffer_units,
    channel_stock.buffer_rule,
    channel_stock.mode,
    channel_stock.floor_units,
    channel_stock.cap_units,
    channel_stock.published_units,
    channel_stock.previous_units,
    channel_stock.shown_units,
    channel_stock.delta,
    cast(channel_stock.oversell_risk as decimal(9, 6)) as oversell_risk,
    channel_stock.reason,
    override_words(
        overrides.what, overrides.value, overrides.who, overrides.until_date, overrides.reason, run.business_date
    ) as override_reason,
    overrides.until_date as override_until,
    getvariable('rule_version') as rule_version
from ops.channel_stock
cross join settings.run
left join ledger.overrides
    on
        overrides.subject_kind = 'sku'
        and channel_stock.sku = overrides.subject_id
        and overrides.what = 'buffer_units'
        and is_said_override(overrides.ended_at, overrides.until_date, run.business_date);

comment on column marts.channel_stock.reason is 'The layers as a sentence';
