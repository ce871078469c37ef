-- What each listing lacks, and where two channels say different things of one SKU.
-- grain:  one row per listing
-- keeps:  core.listings by platform, channel_sku
-- needs:  product_lists, sku_map, orders, sibling_orders
-- keys:   shop, platform, channel_sku
-- inputs: core.listings, core.sku_map, core.order_lines, ops.listing_faults, settings.channels,
--   settings.listing_rules, settings.run

create or replace table marts.catalog_quality as
with

named as (
    select
        listings.platform,
        listings.channel_sku,
        min(coalesce(sku_map.sku, listings.channel_sku)) as sku
    from core.listings as listings
    left join settings.channels using (platform)
    left join core.sku_map
        on channels.channel = sku_map.channel and listings.channel_sku = sku_map.channel_sku
    group by listings.platform, listings.channel_sku
),

-- The price at which each channel last sold it, within the trailing weeks.
prices as (
    select
        lines.sku,
        lines.channel,
        channels.platform,
        coalesce(lines.currency, channels.currency) as currency,
        arg_max(lines.unit_price_amount, (lines.ordered_at, lines.order_id, lines.line_id)) as unit_price_amount
    from core.order_lines as lines
    inner join settings.channels using (channel)
    cross join settings.run
    where
        lines.is_sale
        and lines.sku is not null
        and lines.unit_price_amount > 0
        and lines.business_date > run.business_date - cast(kpi_trailing_days()[2] as integer)
    group by lines.sku, lines.channel, channels.platform, coalesce(lines.currency, channels.currency)
),

differing as (
    select
        listings.platform,
        listings.channel_sku,
        list(
            prices.channel || ' ' || cast(prices.unit_price_amount as decimal(18, 2)) order by prices.channel
        ) as prices
    from core.listings as listings
    inner join named using (platform, channel_sku)
    inner join prices
        on
            named.sku = prices.sku
            and listings.platform <> prices.platform
            and listings.currency = prices.currency
    where abs(prices.unit_price_amount / nullif(listings.price_amount, 0) - 1) > listing_price_rate()
    group by listings.platform, listings.channel_sku
),

faults as (
    select
        platform,
        channel_sku,
        string_agg(fault, '; ' order by rule) as rule_faults
    from ops.listing_faults
    group by platform, channel_sku
),

judged as (
    select
        listings.*,
        named.sku,
        -- Of a platform without rules nobody knows what its listings must say.
        list_filter(
            [
                case when listings.title is null then 'title' end,
                case when listings.price_amount is null then 'price' end,
                case when listings.barcode is null then 'barcode' end,
                case when listings.vendor is null then 'vendor' end,
                case when listings.product_type is null then 'type' end,
                case when listings.image_count = 0 then 'image' end
            ],
            lambda field: list_contains(string_split(rules.required, '|'), field)
        ) as missing,
        differing.prices,
        faults.rule_faults
    from core.listings as listings
    inner join named using (platform, channel_sku)
    left join settings.listing_rules as rules using (platform)
    left join faults using (platform, channel_sku)
    left join differing using (platform, channel_sku)
)

select
    run.shop,
    run.business_date as as_of,
    judged.platform,
    judged.channel_sku,
    judged.sku,
    judged.title,
    judged.status,
    array_to_string(judged.missing, ', ') as missing_fields,
    judged.image_count,
    judged.rule_faults,
    judged.prices is not null as price_mismatch,
    array_to_string(judged.prices, ', ') as other_prices,
    -- It sells somewhere though this channel's list says that it is not for sale there, and it was sold there.
    coalesce(judged.status <> 'active', false) and exists (
        select 1
        from prices
        where prices.sku = judged.sku and prices.platform = judged.platform
    ) as status_mismatch,
    len(judged.missing) = 0 as complete,
    getvariable('rule_version') as rule_version,
    judged.source_file_id
from judged
cross join settings.run;

comment on column marts.catalog_quality.status is 'active, draft or archived';
comment on column marts.catalog_quality.missing_fields is 'What it lacks of what its platform asks for (config/listing_rules.yaml), listed as `a, b`; empty where nothing, null where no rule says it';
