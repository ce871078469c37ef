-- What changed in the listings: title, price and status, and listings that are new. Each file of a platform's listings
-- is compared with the one before it that has the listing; a listing that a file leaves out is no change, since a file
-- may hold a selection.
-- grain:  one row per listing × file × what changed
-- needs:  listings
-- keys:   shop, platform, channel_sku, changed_at, field
-- inputs: valid.listings, core.sku_map, settings.channels, settings.run

create or replace table marts.listing_changes as
with

files as (
    select
        platform,
        channel_sku,
        exported_at,
        file_id,
        arg_min(title, line_no) as title,
        arg_min(cast(cast(price_amount as decimal(18, 2)) as varchar), line_no) as price,
        arg_min(status, line_no) as status
    from valid.listings
    where channel_sku is not null
    group by platform, channel_sku, exported_at, file_id
    qualify row_number() over (partition by platform, channel_sku, exported_at order by file_id desc) = 1
),

first_files as (
    select
        platform,
        min(exported_at) as exported_at
    from files
    group by platform
),

steps as (
    select
        files.platform,
        files.channel_sku,
        files.exported_at as changed_at,
        lag(files.exported_at) over one_listing as compared_at,
        files.file_id,
        files.title,
        lag(files.title) over one_listing as title_before,
        files.price,
        lag(files.price) over one_listing as price_before,
        files.status,
        lag(files.status) over one_listing as status_before,
        files.exported_at > first_files.exported_at as is_after_first
    from files
    inner join first_files using (platform)
    window one_listing as (partition by files.platform, files.channel_sku order by files.exported_at)
),

changes as (
    select
        *,
        'title' as field,
        title_before as old_value,
        title as new_value
    from steps
    where compared_at is not null and title is distinct from title_before
    union all
    select
        *,
        'price' as field,
        price_before as old_value,
        price as new_value
    from steps
    where compared_at is not null and price is distinct from price_before
    union all
    select
        *,
        'status' as field,
        status_before as old_value,
        status as new_value
    from steps
    where compared_at is not null and status is distinct from status_before
    union all
    select
        *,
        'listed' as field,
        cast(null as varchar) as old_value,
        coalesce(title, channel_sku) as new_value
    from steps
    where compared_at is null and is_after_first
),

named as (
    select
        channels.platform,
        sku_map.channel_sku,
        min(sku_map.sku) as sku
    from core.sku_map
    inner join settings.channels using (channel)
    group by channels.platform, sku_map.channel_sku
)

select
    run.shop,
    run.business_date as as_of,
    changes.platform,
    changes.channel_sku,
    coalesce(named.sku, changes.channel_sku) as sku,
    changes.title,
    changes.field,
    changes.old_value,
    changes.new_value,
    changes.changed_at,
    changes.compared_at,
    changes.changed_at >= run.as_of - to_days(listing_check_days()) as is_to_check,
    getvariable('rule_version') as rule_version,
    changes.file_id as source_file_id
from changes
cross join settings.run
left join named using (platform, channel_sku)
where changes.changed_at >= run.as_of - to_days(cast(kpi_trailing_days()[2] as integer));

comment on column marts.listing_changes.title is 'As it is now';
comment on column marts.listing_changes.old_value is 'As the file before said it; null where it said nothing';
comment on column marts.listing_changes.new_value is 'As the file says it; null where it says nothing any more';
