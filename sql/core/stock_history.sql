-- What was on hand at the close of each day on which it was counted: the backfill file, and our own snapshots.
-- A day without a row is unknown. The same bytes again count for the day they came.
-- grain:  one row per SKU × location × day with a count
-- keys:   sku, location, history_date
-- inputs: valid.stock_history, core.stock_takes, core.stock_counts, settings.run

create or replace table core.stock_history as
with

snapshots as (
    select
        stock_counts.sku,
        stock_counts.location,
        stock_counts.platform,
        cast(timezone(run.timezone, stock_takes.taken_at) as date) as history_date,
        stock_counts.on_hand_units,
        stock_takes.taken_at,
        stock_counts.file_id
    from core.stock_counts
    inner join core.stock_takes using (file_id, platform, location, snapshot_at)
    cross join settings.run
    where stock_counts.on_hand_units is not null
),

-- The warehouse's own count goes before a channel's; two sources of one place are never added.
closing as (
    select
        sku,
        location,
        history_date,
        on_hand_units
    from snapshots
    qualify row_number() over (
        partition by sku, location, history_date
        order by platform = 'stock' desc, taken_at desc, file_id desc
    ) = 1
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

comment on column core.stock_history.on_hand_units is 'Units at the close of the day';
