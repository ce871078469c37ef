-- What each stock file says of each SKU and place, under the seller's SKU.
-- Several products of one export that share a SKU may be one shelf listed twice: their counts are not added, the least
-- holds, and checks.finding_stock names them. Amazon counts each of its labels apart: there they add up.
-- What a list does not say is unavailable is not known, and takes nothing off what there is.
-- grain:  one row per file × platform × location × snapshot × SKU
-- keeps:  valid.stock_levels by file_id, platform, location, snapshot_at; units on_hand_units
-- keys:   file_id, platform, location, snapshot_at, sku
-- inputs: valid.stock_levels, core.sku_map, settings.channels, settings.locations

create or replace table core.stock_counts as
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

-- Bins and lots of one product add up.
products as (
    select
        stock_levels.file_id,
        stock_levels.platform,
        stock_levels.location,
        stock_levels.snapshot_at,
        coalesce(names.sku, stock_levels.channel_sku) as sku,
        stock_levels.channel_sku,
        stock_levels.product_id,
        sum(stock_levels.on_hand_units) as on_hand_units,
        sum(stock_levels.unavailable_units) as unavailable_units,
        sum(coalesce(stock_levels.committed_units, 0)) as committed_units,
        sum(stock_levels.incoming_units) as incoming_units,
        -- A layout that states only what is available.
        bool_and(
            stock_levels.committed_units is null and stock_levels.available_units = stock_levels.on_hand_units
        ) as is_available_only
    from valid.stock_levels
    left join names using (platform, channel_sku)
    group by all
)

select
    products.file_id,
    products.platform,
    products.location,
    products.snapshot_at,
    products.sku,
    cast(case
        when locations.kind = 'amazon' then sum(products.on_hand_units)
        else min(products.on_hand_units)
    end as bigint) as on_hand_units,
    cast(case
        when locations.kind = 'amazon' then sum(products.unavailable_units)
        else max(products.unavailable_units)
    end as bigint) as unavailable_units,
    cast(sum(products.committed_units) as bigint) as committed_units,
    cast(case
        when locations.kind = 'amazon' then sum(products.incoming_units)
        else max(products.incoming_units)
    end as bigint) as incoming_units,
    case
        when locations.kind = 'amazon' then 1
        else count(products.on_hand_units)
    end as product_count,
    coalesce(bool_and(products.is_available_only), false) as is_available_only,
    string_agg(
        coalesce(products.product_id, products.channel_sku) || ' ' || products.on_hand_units, ', '
        order by products.product_id, products.channel_sku
    ) as counts_said
from products
left join settings.locations using (location)
group by
    products.file_id, products.platform, products.location, products.snapshot_at, products.sku, locations.kind;
