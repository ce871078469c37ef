-- What was on hand at the close of each day: the backfill file, and our own snapshots after it.
-- grain:  one row per SKU × location × day
-- keys:   sku, location, history_date
-- inputs: valid.stock_history, valid.stock_levels, core.sku_map, settings.channels, settings.run

create or replace table core.stock_history as
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

snapshots as (
    select
        stock_levels.platform,
        coalesce(names.sku, stock_levels.channel_sku) as sku,
        stock_levels.location,
        cast(timezone(run.timezone, stock_levels.snapshot_at) as date) as history_date,
        stock_levels.on_hand_units,
        stock_levels.snapshot_at,
        stock_levels.file_id
    from valid.stock_levels
    cross join settings.run
    left join names using (platform, channel_sku)
    where stock_levels.on_hand_units is not null
),

newest as (
    select
        platform,
        location,
        history_date,
        arg_max(file_id, (snapshot_at, file_id)) as file_id
    from snapshots
    group by platform, location, history_date
),

closing as (
    select
        sku,
        location,
        history_date,
        cast(sum(on_hand_units) as bigint) as on_hand_units
    from snapshots
    inner join newest using (platform, location, history_date, file_id)
    group by sku, location, history_date
),

backfill as (
    select
        sku,
        location,
        history_date,
        on_hand_units
    from valid.stock_history
    qualify row_number() over (
        partition by sku, location, history_date order by exported_at desc, file_id desc, line_no desc
    ) = 1
)

select
    sku,
    location,
    history_date,
    coalesce(backfill.on_hand_units, closing.on_hand_units) as on_hand_units
from backfill
full join closing using (sku, location, history_date);

comment on table core.stock_history is 'What was on hand at the close of each day: the backfill file, and our own snapshots after it.';
comment on column core.stock_history.sku is 'Seller''s SKU';
comment on column core.stock_history.location is 'Location';
comment on column core.stock_history.history_date is 'Day, at its close';
comment on column core.stock_history.on_hand_units is 'Units at the close of the day';
