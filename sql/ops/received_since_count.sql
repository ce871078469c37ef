-- What came for purchase orders since its SKU was counted: on order no more, and in no count yet. Of what came on the
-- day of the count nobody knows whether the count has it. A receipt that does not say where it came to is held to the
-- SKU's newest count outside of Amazon's places.
-- grain:  one row per purchase order × SKU × place × day
-- keys:   po_number, sku, location, received_date
-- inputs: core.receipts, core.stock_levels, settings.locations, settings.run

create or replace table ops.received_since_count as
with

counts as (
    select
        stock_levels.sku,
        stock_levels.location,
        locations.pool,
        cast(timezone(run.timezone, stock_levels.snapshot_at) as date) as counted_date
    from core.stock_levels
    inner join settings.locations using (location)
    cross join settings.run
),

newest_counts as (
    select
        sku,
        max(counted_date) as counted_date
    from counts
    where pool <> 'fba'
    group by sku
)

select
    receipts.po_number,
    receipts.sku,
    coalesce(receipts.location, '') as location,
    any_value(counts.pool) as pool,
    receipts.received_date,
    cast(sum(receipts.received_units) as bigint) as received_units,
    receipts.received_date = any_value(coalesce(counts.counted_date, newest_counts.counted_date)) as is_same_day
from core.receipts
left join counts on receipts.sku = counts.sku and receipts.location = counts.location
left join newest_counts on receipts.sku = newest_counts.sku
where receipts.received_date >= coalesce(counts.counted_date, newest_counts.counted_date)
group by receipts.po_number, receipts.sku, coalesce(receipts.location, ''), receipts.received_date
having sum(receipts.received_units) > 0;

comment on column ops.received_since_count.location is 'Where it came to; empty where the receipt does not say it';
comment on column ops.received_since_count.pool is 'Pool of that place; null where the receipt does not say it';
