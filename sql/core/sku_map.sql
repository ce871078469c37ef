-- Which of the seller's SKUs each listing is.
-- grain:  one row per listing (channel × channel SKU)
-- keys:   channel, channel_sku
-- inputs: valid.sku_map

create or replace table core.sku_map as
select
    channel,
    channel_sku,
    sku
from valid.sku_map
qualify row_number() over (
    partition by channel, channel_sku order by exported_at desc, file_id desc, line_no desc
) = 1;
