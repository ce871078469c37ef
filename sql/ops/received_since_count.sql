-- What came for purchase orders since its SKU was counted: on order no more, and in no count yet. Of what came on the day
-- of the count nobody knows whether the count has it. A receipt that does not say where it came to is held to the SKU's
-- newest count outside of Amazon's places.
-- grain:  one row per purchase order × SKU × place × day
-- keys:   po_number, sku, location, received_date
-- inputs: valid.receipts, core.stock_levels, settings.locations, settings.run

create or replace table ops.received_since_count as
with

newest as (
    select *
    from valid.receipts
    where received_date is not null
    qualify rank() over (partition by receipt_id, po_number, sku order by exported_at desc, file_id desc) = 1
),

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
    newest.po_number,
    newest.sku,
    coalesce(newest.location, '') as location,
    any_value(counts.pool) as pool,
    newest.received_date,
    cast(sum(newest.received_units) as bigint) as received_units,
    newest.received_date = any_value(coalesce(counts.counted_date, newest_counts.counted_date)) as is_same_day
from newest
left join counts on newest.sku = counts.sku and newest.location = counts.location
left join newest_counts on newest.sku = newest_counts.sku
where newest.received_date >= coalesce(counts.counted_date, newest_counts.counted_date)
group by newest.po_number, newest.sku, coalesce(newest.location, ''), newest.received_date
having sum(newest.received_units) > 0;

comment on column ops.received_since_count.location is 'Where it came to; empty where the receipt does not say it';
comment on column ops.received_since_count.pool is 'Pool of that place; null where the receipt does not say it';
