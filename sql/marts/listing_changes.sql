-- What changed in the listings: title, price and status, and listings that are new. Each file of a platform's listings
-- is compared with what the files before it last said; a listing or a cell that a file leaves out is no change, since a
-- file may hold a selection, and another layout other columns.
-- grain:  one row per listing × file × what changed
-- needs:  product_lists, sku_map
-- keys:   shop, platform, channel_sku, changed_at, field
-- inputs: valid.listings, landing.sightings, core.sku_map, settings.channels, settings.run

create or replace table marts.listing_changes as
with

files as (
    select
        listings.platform,
        listings.channel_sku,
        -- A file that comes again, byte for byte, says it again: a price that was put back has changed.
        coalesce(sightings.seen_at, listings.exported_at) as stated_at,
        listings.file_id,
        arg_min(listings.title, listings.line_no) as title,
        arg_min(cast(cast(listings.price_amount as decimal(18, 2)) as varchar), listings.line_no) as price,
        arg_min(listings.status, listings.line_no) as status
    from valid.listings
    left join landing.sightings using (file_id)
    where listings.channel_sku is not null
    group by listings.platform, listings.channel_sku, stated_at, listings.file_id
    qualify row_number() over (partition by platform, channel_sku, stated_at order by file_id desc) = 1
),

-- What a file says nothing of has not changed: each part is compared with what was last said of it.
stated as (
    select
        *,
        'title' as field,
        title as value
    from files
    where title is not null
    union all
    select
        *,
        'price' as field,
        price as value
    from files
    where price is not null
    union all
    select
        *,
        'status' as field,
        status as value
    from files
    where status is not null
),

compared as (
    select
        platform,
        channel_sku,
        stated_at as changed_at,
        file_id,
        title,
        field,
        value as new_value,
        lag(value) over one_part as old_value,
        lag(stated_at) over one_part as compared_at
    from stated
    window one_part as (partition by platform, channel_sku, field order by stated_at)
),

listed as (
    select
        platform,
        channel_sku,
        min(stated_at) as changed_at,
        arg_min(file_id, (stated_at, file_id)) as file_id,
        arg_min(title, (stated_at, file_id)) as title
    from files
    group by platform, channel_sku
    -- All are new in the first file.
    qualify changed_at > min(changed_at) over (partition by platform)
),

changes as (
    select
        platform,
        channel_sku,
        title,
        field,
        old_value,
        new_value,
        changed_at,
        compared_at,
        file_id
    from compared
    where new_value != old_value
    union all
    select
        platform,
        channel_sku,
        title,
        'listed' as field,
        cast(null as varchar) as old_value,
        coalesce(title, channel_sku) as new_value,
        changed_at,
        cast(null as timestamptz) as compared_at,
        file_id
    from listed
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
comment on column marts.listing_changes.old_value is 'As it was last stated before; null where the listing is new';
comment on column marts.listing_changes.new_value is 'As the file states it';
