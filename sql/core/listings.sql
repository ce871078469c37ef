-- What each channel lists, by the newest file that tells.
-- grain:  one row per listing
-- keys:   platform, channel_sku
-- inputs: valid.listings

create or replace table core.listings as
select
    platform,
    channel_sku,
    title,
    status,
    price_amount,
    cost_amount,
    barcode,
    file_id as source_file_id
from valid.listings
qualify row_number() over (
    partition by platform, channel_sku order by exported_at desc, file_id desc, line_no asc
) = 1;

comment on table core.listings is 'What each channel lists, by the newest file that tells.';
comment on column core.listings.platform is 'Kind of channel';
comment on column core.listings.channel_sku is 'SKU as the channel knows it';
comment on column core.listings.title is 'Title';
comment on column core.listings.status is 'active, draft, archived';
comment on column core.listings.price_amount is 'Price asked';
comment on column core.listings.cost_amount is 'Cost of one unit';
comment on column core.listings.barcode is 'GTIN';
comment on column core.listings.source_file_id is 'Landed file the row was taken from';
