-- Which of the seller's SKUs each listing is.
-- A listing that a newer map of its channel leaves out is still what it was: the map may be a part of the sheet, and
-- what was sold under the listing stays sold. It is taken out once a person confirms it (case `sku_map_rows_gone`).
-- Maps of one half day are parts of one.
-- grain:  one row per listing (channel × channel SKU)
-- keys:   channel, channel_sku
-- inputs: valid.sku_map, ledger.exceptions, settings.run

create or replace table core.sku_map as
with

maps as (
    select distinct
        channel,
        exported_at
    from valid.sku_map
),

newest as (
    select *
    from valid.sku_map
    qualify row_number() over (
        partition by channel, channel_sku order by exported_at desc, file_id desc, line_no desc
    ) = 1
),

-- The first map without it, known by its day.
judged as (
    select
        newest.channel,
        newest.channel_sku,
        newest.sku,
        newest.channel || '/' || min(cast(timezone(run.timezone, maps.exported_at) as date)) as gone_from
    from newest
    cross join settings.run
    left join maps
        on newest.channel = maps.channel and maps.exported_at > newest.exported_at + to_hours(stock_snapshot_hours())
    group by newest.channel, newest.channel_sku, newest.sku
),

confirmed as (
    select distinct subject_id
    from ledger.exceptions
    where type = 'sku_map_rows_gone' and closed_by is not null and closed_by <> 'check'
)

select
    judged.channel,
    judged.channel_sku,
    judged.sku,
    judged.gone_from
from judged
left join confirmed on judged.gone_from = confirmed.subject_id
where confirmed.subject_id is null;
