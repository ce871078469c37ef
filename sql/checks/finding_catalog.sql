-- What is sold under a SKU that no map names or under none at all, and bundles that contain themselves.
-- grain:  one row per listing without a SKU, one per such bundle
-- keys:   type, subject_kind, subject_id
-- inputs: core.order_lines, core.bundles, valid.bundles

create or replace table checks.finding_catalog as
with

newest_bundles as (
    select arg_max(file_id, (exported_at, file_id)) as file_id
    from valid.bundles
)

select
    'unmapped_sku' as type,
    'listing' as subject_kind,
    channel || '/' || channel_sku as subject_id,
    channel,
    cast(null as varchar) as order_id,
    'in no map: ' || count(*) || ' lines, ' || sum(quantity_units) || ' units, of them '
    || sum(open_units) || ' still to leave' as evidence,
    cast(sum(gross_amount) as decimal(18, 2)) as amount_at_stake,
    min(currency) as currency
from core.order_lines
where not is_mapped and channel_sku is not null and is_sale
group by channel, channel_sku
union all
select
    'blank_sku' as type,
    'listing' as subject_kind,
    channel || '/' || coalesce(title, 'without a title') as subject_id,
    channel,
    cast(null as varchar) as order_id,
    'without a SKU: ' || count(*) || ' lines, ' || sum(quantity_units) || ' units, of them '
    || sum(open_units) || ' still to leave' as evidence,
    cast(sum(gross_amount) as decimal(18, 2)) as amount_at_stake,
    min(currency) as currency
from core.order_lines
where not is_mapped and channel_sku is null and is_sale and due_reason <> 'needs_no_shipping'
group by channel, title
union all
select distinct
    'bundle_in_circle' as type,
    'sku' as subject_kind,
    stated.bundle_sku as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    'contains itself, or a bundle that does: it is not taken apart' as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from valid.bundles as stated
inner join newest_bundles using (file_id)
anti join core.bundles as exploded on stated.bundle_sku = exploded.bundle_sku;
