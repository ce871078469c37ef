-- SKUs that the shop file sets something for, and that no file has: a setting that can take effect on nothing.
-- grain:  one row per such SKU
-- keys:   type, subject_kind, subject_id
-- inputs: settings.named_skus, core.sku_map, marts.products

create or replace table checks.finding_settings as
with

known as (
    select sku from marts.products
    union distinct
    select sku from core.sku_map
)

select
    'setting_of_unknown_sku' as type,
    'sku' as subject_kind,
    named.sku as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    'named by ' || string_agg(distinct named.setting, ', ' order by named.setting)
    || ' of the shop file, and not sold, stocked, bought, listed or mapped in any file' as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from settings.named_skus as named
anti join known on named.sku = known.sku
where exists (from known)  -- before the first file comes, nothing is known of any SKU
group by named.sku;
