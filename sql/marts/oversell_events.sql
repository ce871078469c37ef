-- Where more was promised than a pool could give: each event with its start, its end and its worst figures.
-- An event that ended stays. The places of the pool are in a column; one that is short alone is a case of its own.
-- grain:  one row per SKU × pool × start of the event
-- needs:  all orders, all sibling_orders, sku_map, bundles, all stock, promotions
-- keys:   shop, sku, pool, started_at
-- inputs: ledger.oversell_events, settings.run

create or replace table marts.oversell_events as
select
    run.shop,
    oversell_events.sku,
    oversell_events.pool,
    oversell_events.started_at,
    oversell_events.open_units,
    oversell_events.available_units,
    oversell_events.short_units,
    oversell_events.places,
    oversell_events.channels,
    oversell_events.amount_at_stake,
    oversell_events.currency,
    oversell_events.ended_at,
    oversell_events.in_promotion,
    oversell_events.promotions,
    getvariable('rule_version') as rule_version
from ledger.oversell_events
cross join settings.run;

comment on column marts.oversell_events.started_at is 'Moment of the run that first saw it';
comment on column marts.oversell_events.ended_at is 'Moment of the run that no longer saw it; null while it lasts';
comment on column marts.oversell_events.open_units is 'Units promised to open orders, of the whole pool';
comment on column marts.oversell_events.available_units is 'Units of the pool that are fit to sell, promises not counted';
comment on column marts.oversell_events.amount_at_stake is 'What the missing units are worth; null where no price is known';
