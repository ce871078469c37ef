-- What each bundle is made of, down to what is on a shelf: a bundle within a bundle is taken apart too.
-- A bundle that contains itself, or one that does, is not taken apart; checks.finding_catalog names it.
-- The newest file that has a bundle says all of its parts. A bundle that a newer file leaves out is still one, as a
-- listing in core.sku_map is still mapped: the file may be a part of the sheet, and taken for a SKU of its own it would
-- hold no component. It ends once a person confirms it (case `bundle_rows_gone`).
-- grain:  one row per bundle × component
-- keys:   bundle_sku, component_sku
-- inputs: valid.bundles, ledger.exceptions, settings.run

create or replace table core.bundles as
with recursive

files as (
    select distinct exported_at
    from valid.bundles
),

newest as (
    select
        bundle_sku,
        arg_max(file_id, (exported_at, file_id)) as file_id,
        max(exported_at) as exported_at
    from valid.bundles
    group by bundle_sku
),

-- The first file without it, known by its day; files of one half day are parts of one.
judged as (
    select
        newest.bundle_sku,
        newest.file_id,
        cast(min(cast(timezone(run.timezone, files.exported_at) as date)) as varchar) as gone_from
    from newest
    cross join settings.run
    left join files on files.exported_at > newest.exported_at + to_hours(stock_snapshot_hours())
    group by newest.bundle_sku, newest.file_id
),

confirmed as (
    select distinct subject_id
    from ledger.exceptions
    where type = 'bundle_rows_gone' and closed_by is not null and closed_by <> 'check'
),

parts as (
    select
        bundles.bundle_sku,
        bundles.component_sku,
        cast(sum(bundles.component_units) as bigint) as component_units
    from valid.bundles
    inner join judged using (bundle_sku, file_id)
    anti join confirmed on judged.gone_from = confirmed.subject_id
    group by bundles.bundle_sku, bundles.component_sku
),

tree as (
    select
        bundle_sku as root_sku,
        component_sku,
        component_units,
        [bundle_sku] as path,
        bundle_sku = component_sku as is_circle
    from parts
    union all
    select
        tree.root_sku,
        parts.component_sku,
        tree.component_units * parts.component_units as component_units,
        list_append(tree.path, parts.bundle_sku) as path,
        list_contains(list_append(tree.path, parts.bundle_sku), parts.component_sku) as is_circle
    from tree
    inner join parts on tree.component_sku = parts.bundle_sku
    where not tree.is_circle
),

circles as (
    select distinct root_sku
    from tree
    where is_circle
)

select
    tree.root_sku as bundle_sku,
    tree.component_sku,
    cast(sum(tree.component_units) as bigint) as component_units,
    any_value(judged.gone_from) as gone_from
from tree
inner join judged on tree.root_sku = judged.bundle_sku
anti join circles using (root_sku)
anti join parts on tree.component_sku = parts.bundle_sku
group by tree.root_sku, tree.component_sku;

comment on column core.bundles.gone_from is 'Day of the first file that leaves the bundle out; what a person confirms as taken out';
