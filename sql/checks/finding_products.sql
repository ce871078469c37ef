-- Listings that cannot be distinguished or belong to no product: one barcode on several SKUs, a variant without its product.
-- grain:  one row per barcode of a platform, one per variant
-- keys:   type, subject_kind, subject_id
-- inputs: core.listings

create or replace table checks.finding_products as
with

-- A platform that names no product at all has none.
grouping_platforms as (
    select distinct platform
    from core.listings
    where product is not null
),

shared as (
    select
        platform,
        barcode,
        named_list(list(channel_sku order by channel_sku)) as skus
    from core.listings
    where barcode is not null
    group by platform, barcode
    having count(*) > 1
)

select
    'duplicate_barcode' as type,
    'listing' as subject_kind,
    platform || '/' || barcode as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    'the barcode ' || barcode || ' is on ' || skus as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from shared
union all
select
    'variant_without_product' as type,
    'listing' as subject_kind,
    listings.platform || '/' || listings.channel_sku as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    listings.channel_sku || coalesce(' (' || listings.title || ')', '') || ' belongs to no product' as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from core.listings
semi join grouping_platforms on listings.platform = grouping_platforms.platform
where listings.product is null;
