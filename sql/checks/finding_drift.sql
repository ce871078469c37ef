-- Channels that show something else than they were sent, by cause: one file not uploaded is one case, not one a listing.
-- What a channel sold since is no drift.
-- grain:  one row per channel × cause
-- keys:   type, subject_kind, subject_id
-- inputs: marts.stock_drift, core.listings, settings.run

create or replace table checks.finding_drift as
with

prices as (
    select
        channel_sku as sku,
        max(price_amount) as price_amount
    from core.listings
    group by channel_sku
),

beyond as (
    select
        stock_drift.channel,
        stock_drift.channel_sku,
        stock_drift.published_units,
        stock_drift.channel_units,
        stock_drift.drift_units,
        stock_drift.cause,
        -- What is shown beyond what was sent may be sold and not be there.
        greatest(stock_drift.drift_units, 0) * prices.price_amount as amount_at_stake
    from marts.stock_drift
    left join prices using (sku)
    where
        abs(stock_drift.drift_units) > stock_drift_units()
        and stock_drift.cause in ('not_uploaded', 'edited_there', 'unknown')
)

select
    'stock_drift' as type,
    'channel' as subject_kind,
    beyond.channel || '/' || beyond.cause as subject_id,
    beyond.channel,
    cast(null as varchar) as order_id,
    count(*) || case when count(*) = 1 then ' listing shows' else ' listings show' end || ' other units than '
    || beyond.channel || ' was sent, ' || replace(beyond.cause, '_', ' ') || ': '
    || array_to_string(
        list_slice(
            list(
                beyond.channel_sku || ' ' || beyond.channel_units || ' instead of ' || beyond.published_units
                order by abs(beyond.drift_units) desc, beyond.channel_sku asc
            ), 1, evidence_list_size()
        ), ', '
    ) || case when count(*) > evidence_list_size() then ', …' else '' end as evidence,
    cast(sum(beyond.amount_at_stake) as decimal(18, 2)) as amount_at_stake,
    min(run.currency) as currency
from beyond
cross join settings.run
group by beyond.channel, beyond.cause;
