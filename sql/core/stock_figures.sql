-- What each source last said of each SKU and place, and whether its newest export still lists it.
-- A SKU that the newest export does not list is not gone: the export may be a selection, one location or one page. Its
-- last figure is kept with its age until it is listed again or a person confirms that it was delisted.
-- Exports of one half day are one snapshot: pages and parts of it complete each other.
-- grain:  one row per SKU × location × platform
-- keeps:  core.stock_counts by sku, location, platform; same on_hand_units; units on_hand_units;
--   leaves after_this_night where snapshot_at > (select as_of from settings.run);
--   leaves not_stocked_there where exists (
--       select 1 from core.stock_counts as empty where empty.sku = this.sku and empty.location = this.location
--       and empty.platform = this.platform and empty.on_hand_units is null
--   );
--   leaves delisted where exists (
--       select 1 from ledger.exceptions where type = 'stock_vanished' and closed_by is not null and closed_by <> 'check'
--       and starts_with(subject_id, this.platform || '/' || this.location || '/')
--   )
-- keys:   sku, location, platform
-- inputs: core.stock_takes, core.stock_counts, ledger.exceptions, settings.run

create or replace table core.stock_figures as
with

takes as (
    select stock_takes.*
    from core.stock_takes
    cross join settings.run
    where stock_takes.taken_at <= run.as_of
),

places as (
    select
        platform,
        location,
        max(taken_at) as newest_at
    from takes
    group by platform, location
),

newest as (
    select
        stock_counts.*,
        takes.taken_at
    from core.stock_counts
    inner join takes using (file_id, platform, location, snapshot_at)
    qualify row_number() over (
        partition by stock_counts.sku, stock_counts.location, stock_counts.platform
        order by takes.taken_at desc, stock_counts.file_id desc
    ) = 1
),

missing as (
    select
        newest.sku,
        newest.location,
        newest.platform,
        min(takes.taken_at) as missing_since_at
    from newest
    inner join places using (platform, location)
    inner join takes
        on
            newest.platform = takes.platform
            and newest.location = takes.location
            and takes.taken_at > newest.taken_at + to_hours(stock_snapshot_hours())
    group by newest.sku, newest.location, newest.platform
),

-- Which exports' missing SKUs a person has confirmed as delisted.
confirmed as (
    select distinct subject_id
    from ledger.exceptions
    where type = 'stock_vanished' and closed_by is not null and closed_by != 'check'
)

select
    newest.sku,
    newest.location,
    newest.platform,
    newest.on_hand_units,
    newest.unavailable_units,
    newest.committed_units,
    newest.incoming_units,
    newest.taken_at as snapshot_at,
    missing.missing_since_at,
    newest.platform || '/' || newest.location || '/'
    || cast(timezone(run.timezone, missing.missing_since_at) as date) as missing_from,
    newest.product_count,
    newest.is_available_only,
    newest.counts_said,
    newest.file_id as source_file_id
from newest
cross join settings.run
left join missing using (sku, location, platform)
left join confirmed
    on
        newest.platform || '/' || newest.location || '/'
        || cast(timezone(run.timezone, missing.missing_since_at) as date) = confirmed.subject_id
where newest.on_hand_units is not null and confirmed.subject_id is null;

comment on column core.stock_figures.snapshot_at is 'Moment the figure was last exported, UTC';
