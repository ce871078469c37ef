-- Stock that cannot be right, or that more is promised of than there is.
-- grain:  one row per finding
-- keys:   type, subject_kind, subject_id
-- inputs: ops.stock_position

create or replace table ops.finding_stock as
with

found as (
    select
        'negative_stock' as type,
        sku,
        location,
        'on hand ' || on_hand_units || ' units' as evidence
    from ops.stock_position
    where on_hand_units < 0
    union all
    select
        'oversold' as type,
        sku,
        location,
        reserved_units || ' units promised, ' || (on_hand_units - unavailable_units) || ' fit to sell' as evidence
    from ops.stock_position
    where available_units < 0 and reserved_units > 0
    union all
    select
        'stale_stock' as type,
        'all SKUs' as sku,
        location,
        'counted last ' || max(source_as_of) as evidence
    from ops.stock_position
    where source_as_of is not null
    group by location
    having bool_and(is_stale)
)

select
    type,
    'sku at location' as subject_kind,
    sku || ' at ' || location as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from found;

comment on table ops.finding_stock is 'Stock that cannot be right, or that more is promised of than there is.';
comment on column ops.finding_stock.type is 'Kind, of config/exceptions.yaml';
comment on column ops.finding_stock.subject_kind is 'What it is about';
comment on column ops.finding_stock.subject_id is 'Which one';
comment on column ops.finding_stock.channel is 'Channel, where it has one';
comment on column ops.finding_stock.order_id is 'Order, where it is about one';
comment on column ops.finding_stock.evidence is 'What was seen: facts, not ages';
comment on column ops.finding_stock.amount_at_stake is 'Value at stake, in currency; null where unknown';
comment on column ops.finding_stock.currency is 'ISO 4217';
