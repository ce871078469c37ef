-- Every record of a cycle count: what the book said and what was found on the shelf.
-- A place that nobody counted is no record. Lots of one bin add up. A sheet that came twice is one count, of which the
-- newest file holds; a recount is a count of its own moment. Where a sheet states no moment, the same count id over the
-- same book is the same count, of the moment at which its first file came.
-- grain:  one row per location × bin × SKU × count × moment
-- keeps:  valid.stock_counts by location, sku, counted_at; units counted_units;
--   leaves not_counted where counted_units is null; leaves of_an_earlier_sheet where counted_at = exported_at
-- keys:   count_record_id
-- inputs: valid.stock_counts, settings.run

create or replace table core.count_records as
with

sheets as (
    select
        location,
        bin,
        sku,
        count_id,
        counted_at,
        exported_at,
        file_id,
        -- A lot without a book figure leaves the bin without one.
        if(count(*) = count(book_units), sum(book_units), null) as book_units,
        sum(counted_units) as counted_units
    from valid.stock_counts
    where counted_units is not null
    group by location, bin, sku, count_id, counted_at, exported_at, file_id
),

-- Without a moment of its own a sheet has that of its file.
dated as (
    select
        * exclude (counted_at),
        if(
            counted_at = exported_at and count_id is not null,
            min(counted_at) filter (where counted_at = exported_at) over (
                partition by location, bin, sku, count_id, book_units
            ),
            counted_at
        ) as counted_at
    from sheets
),

newest as (
    select *
    from dated
    qualify row_number() over (
        partition by location, bin, sku, count_id, counted_at order by exported_at desc, file_id desc
    ) = 1
)

select
    concat_ws(
        '/', newest.location, newest.bin, newest.sku, newest.count_id,
        strftime(timezone('UTC', newest.counted_at), '%Y-%m-%dT%H:%M:%SZ')
    ) as count_record_id,
    newest.count_id,
    newest.location,
    newest.bin,
    newest.sku,
    cast(newest.book_units as bigint) as book_units,
    cast(newest.counted_units as bigint) as counted_units,
    newest.counted_at,
    cast(timezone(run.timezone, newest.counted_at) as date) as counted_date,
    newest.file_id as source_file_id
from newest
cross join settings.run;

comment on column core.count_records.count_record_id is 'Location, bin, SKU, count and moment';
comment on column core.count_records.book_units is 'Units that the book said; null where the sheet does not';
