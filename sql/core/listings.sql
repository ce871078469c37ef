-- What each channel lists, by the newest file that has it.
-- grain:  one row per listing
-- keeps:  valid.listings by platform, channel_sku
-- keys:   platform, channel_sku
-- inputs: valid.listings, settings.channels

create or replace table core.listings as
with

-- The files say no currency: it is that of the platform's channels, if they have one.
currencies as (
    select
        platform,
        min(currency) as currency
    from settings.channels
    group by platform
    having count(distinct currency) = 1
),

newest as (
    select *
    from valid.listings
    qualify row_number() over (
        partition by platform, channel_sku order by exported_at desc, file_id desc, line_no asc
    ) = 1
)

select
    newest.platform,
    newest.channel_sku,
    newest.title,
    newest.product,
    newest.vendor,
    newest.product_type,
    newest.image_count,
    newest.status,
    cast(newest.price_amount as decimal(18, 2)) as price_amount,
    cast(newest.cost_amount as decimal(18, 2)) as cost_amount,
    currencies.currency,
    newest.barcode,
    nullif(newest.weight_grams, 0) as weight_grams,
    newest.file_id as source_file_id
from newest
left join currencies using (platform);

comment on column core.listings.status is 'active, draft, archived';
comment on column core.listings.currency is 'ISO 4217; null where the platform''s channels have several';
comment on column core.listings.weight_grams is 'What one unit weighs; null where the file says nothing or 0';
