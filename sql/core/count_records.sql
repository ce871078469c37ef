-- Every record of a cycle count: what the book said and what was found on the shelf.
-- A place that nobody counted is no record. Lots of one bin add up. A sheet that came twice is one count, of which the
-- newest file holds; a recount is a count of its own moment.
-- grain:  one row per location × bin × SKU × count × moment
-- keeps:  valid.stock_counts by location, sku, counted_at; units counted_units;
--   leaves not_counted where counted_units is null
-- keys:   count_record_id
-- inputs: valid.stock_counts, settings.run

create or replace table core.count_records as
with

counted as (
    select *
    from valid.stock_counts
    where counted_units is not null
),

newest as (
    select
        location,
        bin,
        sku,
        count_id,
        counted_at,
        arg_max(file_id, (exported_at, file_id)) as file_id
    from counted
    group by location, bin, sku, count_id, counted_at
)

select
    concat_ws(
        '/', counted.location, counted.bin, counted.sku, counted.count_id,
        strftime(timezone('UTC', counted.counted_at), '%Y-%m-%dT%H:%M:%SZ')
    ) as count_record_id,
    counted.count_id,
    counted.location,
    counted.bin,
    counted.sku,
    -- A lot without a book figure leaves the bin without one.
    cast(if(count(*) = count(counted.book_units), sum(counted.book_units), null) as bigint) as book_units,
    cast(sum(counted.counted_units) as bigint) as counted_units,
    counted.counted_at,
    cast(timezone(any_value(run.timezone), counted.counted_at) as date) as counted_date,
    counted.file_id as source_file_id
from counted
inner join newest
    on
        counted.location = newest.location
        and counted.bin is not distinct from newest.bin
        and counted.sku = newest.sku
        and counted.count_id is not distinct from newest.count_id
        and counted.counted_at = newest.counted_at
        and counted.file_id = newest.file_id
cross join settings.run
group by
    counted.count_id, counted.location, counted.bin, counted.sku, counted.counted_at, counted.file_id;

comment on column core.count_records.count_record_id is 'Location, bin, SKU, count and moment';
comment on column core.count_records.book_units is 'Units that the book said; null where the sheet does not';
