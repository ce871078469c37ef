-- What each bundle is made of, down to what is on a shelf: a bundle within a bundle is taken apart too.
-- A bundle that contains itself, or one that does, is not taken apart; checks.finding_catalog names it.
-- grain:  one row per bundle × component
-- keys:   bundle_sku, component_sku
-- inputs: valid.bundles

create or replace table core.bundles as
with recursive

newest as (
    select arg_max(file_id, (exported_at, file_id)) as file_id
    from valid.bundles
),

parts as (
    select
        bundles.bundle_sku,
        bundles.component_sku,
        cast(sum(bundles.component_units) as bigint) as component_units
    from valid.bundles
    inner join newest using (file_id)
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
    cast(sum(tree.component_units) as bigint) as component_units
from tree
anti join circles using (root_sku)
anti join parts on tree.component_sku = parts.bundle_sku
group by tree.root_sku, tree.component_sku;
