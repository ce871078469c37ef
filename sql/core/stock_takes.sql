-- Each time the stock of a place was exported; the same bytes again say that it still holds.
-- A file that came three mornings running is one file and three takes.
-- grain:  one row per platform × location × file × moment
-- keys:   platform, location, file_id, snapshot_at, taken_at
-- inputs: valid.stock_levels, landing.sightings

create or replace table core.stock_takes as
select distinct
    stock_levels.platform,
    stock_levels.location,
    stock_levels.file_id,
    stock_levels.snapshot_at,
    -- A file that dates its own figures is no newer for having come again.
    case
        when stock_levels.snapshot_at = stock_levels.exported_at
            then coalesce(sightings.seen_at, stock_levels.snapshot_at)
        else stock_levels.snapshot_at
    end as taken_at
from valid.stock_levels
left join landing.sightings using (file_id);
