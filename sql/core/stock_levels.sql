-- Stock by location, of the newest snapshot that tells of the location.
-- A stale file, however late it lands, never overwrites a newer one.
-- grain:  one row per SKU × location
-- keys:   sku, location
-- inputs: valid.stock_levels, core.sku_map, settings.channels, settings.run

create or replace table core.stock_levels as
with

newest as (
    select
        platform,
        location,
        arg_max(file_id, (snapshot_at, file_id)) as file_id
    from valid.stock_levels
    cross join settings.run
    where snapshot_at <= run.as_of
    group by platform, location
),

-- A platform with several channels may list one SKU under several names: each name once.
names as (
    select distinct
        channels.platform,
        sku_map.channel_sku,
        sku_map.sku
    from core.sku_map
    inner join settings.channels using (channel)
)

select
    coalesce(names.sku, stock_levels.channel_sku) as sku,
    stock_levels.location,
    min(stock_levels.platform) as platform,
    cast(sum(stock_levels.on_hand_units) as bigint) as on_hand_units,
    cast(sum(coalesce(stock_levels.unavailable_units, 0)) as bigint) as unavailable_units,
    cast(sum(coalesce(stock_levels.committed_units, 0)) as bigint) as committed_units,
    cast(sum(coalesce(stock_levels.incoming_units, 0)) as bigint) as incoming_units,
    min(stock_levels.snapshot_at) as snapshot_at,
    min(stock_levels.file_id) as source_file_id
from valid.stock_levels
inner join newest using (platform, location, file_id)
left join names using (platform, channel_sku)
where stock_levels.on_hand_units is not null
group by all;

comment on table core.stock_levels is 'Stock by location, of the newest snapshot that tells of the location.';
comment on column core.stock_levels.sku is 'Seller''s SKU';
comment on column core.stock_levels.location is 'Location';
comment on column core.stock_levels.platform is 'Whose count it is: its own promises are in committed_units';
comment on column core.stock_levels.on_hand_units is 'Units there, below 0 where the source says so';
comment on column core.stock_levels.unavailable_units is 'Damaged, held, in quarantine';
comment on column core.stock_levels.committed_units is 'Promised by the source''s own count';
comment on column core.stock_levels.incoming_units is 'On the way';
comment on column core.stock_levels.snapshot_at is 'Moment the figure was true';
comment on column core.stock_levels.source_file_id is 'Landed file the row was taken from';
