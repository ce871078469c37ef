-- Where each SKU is on the shelves of a place: the bins that its newest stock file names, else its newest count.
-- grain:  one row per SKU × location of which some file names a bin
-- keys:   sku, location
-- inputs: valid.stock_levels, valid.stock_counts, core.sku_map, settings.channels

create or replace table core.shelf_places as
with

-- A platform with several channels may list one SKU under several names: each name once.
names as (
    select distinct
        channels.platform,
        sku_map.channel_sku,
        sku_map.sku
    from core.sku_map
    inner join settings.channels using (channel)
),

stated as (
    select
        coalesce(names.sku, stock_levels.channel_sku) as sku,
        stock_levels.location,
        stock_levels.bin,
        -- A sheet of one bin says nothing of the others: it comes after any list of stock.
        true as is_stock,
        stock_levels.exported_at,
        stock_levels.file_id
    from valid.stock_levels
    left join names using (platform, channel_sku)
    where stock_levels.bin is not null
    union all
    select
        sku,
        location,
        bin,
        false as is_stock,
        exported_at,
        file_id
    from valid.stock_counts
    where bin is not null
),

newest as (
    select
        sku,
        location,
        arg_max(file_id, (is_stock, exported_at, file_id)) as file_id
    from stated
    group by sku, location
)

select
    stated.sku,
    stated.location,
    string_agg(distinct stated.bin, ', ' order by stated.bin) as bin,
    newest.file_id as source_file_id
from stated
inner join newest using (sku, location, file_id)
group by stated.sku, stated.location, newest.file_id;

comment on column core.shelf_places.bin is 'Its shelf places there, by name';
