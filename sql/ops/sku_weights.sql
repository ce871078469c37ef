-- What one unit of each SKU weighs: as its listing says; a bundle that has no weight of its own weighs what is in it.
-- grain:  one row per SKU whose weight is known
-- keys:   sku
-- inputs: core.sku_listings, core.bundles

create or replace table ops.sku_weights as
with

listed as (
    select
        sku,
        weight_grams
    from core.sku_listings
    where weight_grams is not null
),

parts as (
    select
        bundles.bundle_sku as sku,
        sum(bundles.component_units * listed.weight_grams) as weight_grams
    from core.bundles
    left join listed on bundles.component_sku = listed.sku
    group by bundles.bundle_sku
    having count(*) = count(listed.weight_grams)
)

select
    coalesce(listed.sku, parts.sku) as sku,
    cast(coalesce(listed.weight_grams, parts.weight_grams) as decimal(18, 1)) as weight_grams
from listed
full join parts on listed.sku = parts.sku;
