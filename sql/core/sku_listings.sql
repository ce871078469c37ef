-- What each SKU is, by the one of its listings that says most: with a title, of the channel that is served first.
-- grain:  one row per SKU that is listed
-- keys:   sku
-- inputs: core.listings, core.sku_map, settings.channels

create or replace table core.sku_listings as
select
    coalesce(sku_map.sku, listings.channel_sku) as sku,
    listings.platform,
    listings.channel_sku,
    listings.title,
    listings.product,
    listings.vendor,
    listings.product_type,
    listings.status,
    listings.weight_grams,
    listings.cost_amount,
    listings.currency
from core.listings as listings
inner join settings.channels using (platform)
left join core.sku_map
    on channels.channel = sku_map.channel and listings.channel_sku = sku_map.channel_sku
qualify row_number() over (
    partition by coalesce(sku_map.sku, listings.channel_sku)
    order by listings.title is null, channels.priority, channels.channel, listings.channel_sku
) = 1;
