-- Which of the seller's SKUs each listing SKU of Amazon is, whatever marketplace it is sold on.
-- grain:  one row per listing SKU of Amazon
-- keys:   channel_sku
-- inputs: core.sku_map, settings.channels

create or replace table core.amazon_skus as
select
    sku_map.channel_sku,
    min(sku_map.sku) as sku
from core.sku_map
inner join settings.channels using (channel)
where channels.platform = 'amazon'
group by sku_map.channel_sku;
