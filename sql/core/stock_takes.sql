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

comment on table core.stock_takes is 'Each time the stock of a place was exported; the same bytes again say that it still holds.';
comment on column core.stock_takes.platform is 'Whose count it is';
comment on column core.stock_takes.location is 'Location';
comment on column core.stock_takes.file_id is 'Landed file that is read';
comment on column core.stock_takes.snapshot_at is 'Moment the file gives its figures, UTC';
comment on column core.stock_takes.taken_at is 'Moment at which they were exported, this time, UTC';
