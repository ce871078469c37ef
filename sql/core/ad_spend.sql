-- What advertising cost by day, campaign and SKU, as the advertising platforms' own reports say it.
-- A campaign's day is taken whole from the newest file that has it, whether the file gives the campaign by its id or
-- by its name alone, where one id has the name. Spend that names no channel is of the one that the
-- shop file says its platform sells for.
-- grain:  one row per day × platform × campaign × listing × currency
-- keys:   platform, channel, spend_date, campaign, channel_sku, currency
-- inputs: valid.ad_spend, core.sku_map, settings.ad_channels, settings.run

create or replace table core.ad_spend as
with

named as (
    select
        platform,
        campaign,
        min(campaign_id) as campaign_id
    from valid.ad_spend
    where campaign_id is not null
    group by platform, campaign
    having count(distinct campaign_id) = 1
),

newest as (
    select
        ad_spend.*,
        coalesce(ad_spend.campaign_id, named.campaign_id, ad_spend.campaign) as campaign_key,
        coalesce(ad_spend.channel, ad_channels.channel, 'unknown') as sells_for
    from valid.ad_spend
    left join named using (platform, campaign)
    left join settings.ad_channels on ad_spend.platform = ad_channels.platform
    window same_name as (partition by ad_spend.platform, sells_for, ad_spend.spend_date, ad_spend.campaign)
    qualify
        rank() over (
            partition by ad_spend.platform, sells_for, ad_spend.spend_date, campaign_key
            order by ad_spend.exported_at desc, ad_spend.file_id desc
        ) = 1
        -- Of a day that one file gives by name and another by ids of that name, one file is all of it.
        and (
            count(ad_spend.campaign_id) over same_name in (0, count(*) over same_name)
            or rank() over (same_name order by ad_spend.exported_at desc, ad_spend.file_id desc) = 1
        )
)

select
    newest.platform,
    newest.sells_for as channel,
    newest.spend_date,
    newest.campaign_key as campaign,
    coalesce(newest.channel_sku, '') as channel_sku,
    min(coalesce(sku_map.sku, newest.channel_sku)) as sku,
    cast(sum(newest.spend_amount) as decimal(18, 2)) as spend_amount,
    coalesce(newest.currency, run.currency) as currency
from newest
left join core.sku_map on newest.sells_for = sku_map.channel and newest.channel_sku = sku_map.channel_sku
cross join settings.run
group by
    newest.platform, newest.sells_for, newest.spend_date, newest.campaign_key, newest.channel_sku,
    coalesce(newest.currency, run.currency);

comment on column core.ad_spend.channel is 'Channel it sells for; `unknown` where neither the report nor the shop file says it';
comment on column core.ad_spend.campaign is 'Id of the campaign, its name where it has none';
comment on column core.ad_spend.channel_sku is 'SKU as the report writes it; empty where it was spent on no single one';
comment on column core.ad_spend.sku is 'Seller''s SKU; null where it was spent on no single one';
comment on column core.ad_spend.currency is 'ISO 4217';
