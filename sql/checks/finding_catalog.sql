-- What is sold under a SKU that no map names or under none at all, listings that a newer map leaves out and bundles that
-- a newer file leaves out, bundles that contain themselves, and SKUs of digits that another report has without the
-- zeros before them: a spreadsheet ate those.
-- grain:  one row per listing without a SKU, one per file that leaves some out, one per such bundle, one per such SKU
-- keys:   type, subject_kind, subject_id
-- inputs: core.order_lines, core.bundles, core.sku_map, core.stock_levels, core.supplier_items, valid.bundles

create or replace table checks.finding_catalog as
with

newest_bundles as (
    select
        bundle_sku,
        arg_max(file_id, (exported_at, file_id)) as file_id
    from valid.bundles
    group by bundle_sku
),

gone_bundles as (
    select
        gone_from,
        bundle_sku,
        string_agg(component_units || ' × ' || component_sku, ' + ' order by component_sku) as parts
    from core.bundles
    where gone_from is not null
    group by gone_from, bundle_sku
),

-- The SKUs that each report knows, by their digits.
known as (
    select distinct
        sku,
        ltrim(sku, '0') as digits,
        'sold' as known_by
    from core.order_lines
    where is_sale and regexp_full_match(sku, '[0-9]+')
    union
    select distinct
        sku,
        ltrim(sku, '0') as digits,
        'counted' as known_by
    from core.stock_levels
    where regexp_full_match(sku, '[0-9]+')
    union
    select distinct
        sku,
        ltrim(sku, '0') as digits,
        'bought' as known_by
    from core.supplier_items
    where regexp_full_match(sku, '[0-9]+')
),

-- Where one report has both they are two SKUs.
zeros_lost as (
    select
        whole.sku,
        string_agg(
            distinct whole.known_by || ' as ' || whole.sku || ', ' || cut.known_by || ' as ' || cut.sku, '; '
            order by whole.known_by || ' as ' || whole.sku || ', ' || cut.known_by || ' as ' || cut.sku
        ) as places
    from known as whole
    inner join known as cut
        on whole.digits = cut.digits and whole.known_by <> cut.known_by and length(whole.sku) > length(cut.sku)
    anti join known as twin on cut.sku = twin.sku and whole.known_by = twin.known_by
    anti join known as other on whole.sku = other.sku and cut.known_by = other.known_by
    group by whole.sku
)

select
    'unmapped_sku' as type,
    'listing' as subject_kind,
    channel || '/' || channel_sku as subject_id,
    channel,
    cast(null as varchar) as order_id,
    'in no map: ' || counted(count(*), 'line') || ', ' || counted(sum(quantity_units), 'unit') || ', of them '
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
    'without a SKU: ' || counted(count(*), 'line') || ', ' || counted(sum(quantity_units), 'unit') || ', of them '
    || sum(open_units) || ' still to leave' as evidence,
    cast(sum(gross_amount) as decimal(18, 2)) as amount_at_stake,
    min(currency) as currency
from core.order_lines
where not is_mapped and channel_sku is null and is_sale and due_reason <> 'needs_no_shipping'
group by channel, title
union all
select
    'sku_map_rows_gone' as type,
    'map' as subject_kind,
    gone_from as subject_id,
    channel,
    cast(null as varchar) as order_id,
    counted(count(*), 'listing') || ' of ' || channel || ' in no map since; mapped as before: '
    || named_list(list(channel_sku || ' = ' || sku order by channel_sku)) as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from core.sku_map
where gone_from is not null
group by gone_from, channel
union all
select
    'bundle_rows_gone' as type,
    'file' as subject_kind,
    gone_from as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    counted(count(*), 'bundle') || ' in no file of bundles since; taken apart as before: '
    || named_list(list(bundle_sku || ' = ' || parts order by bundle_sku)) as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from gone_bundles
group by gone_from
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
inner join newest_bundles using (bundle_sku, file_id)
anti join core.bundles as exploded on stated.bundle_sku = exploded.bundle_sku
union all
select
    'sku_zeros_lost' as type,
    'sku' as subject_kind,
    sku as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    places || ': two SKUs to a computer' as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from zeros_lost;
