-- What each bundle is made of, by the newest file that tells.
-- grain:  one row per bundle × component
-- keys:   bundle_sku, component_sku
-- inputs: valid.bundles

create or replace table core.bundles as
with

newest as (
    select arg_max(file_id, (exported_at, file_id)) as file_id
    from valid.bundles
)

select
    bundles.bundle_sku,
    bundles.component_sku,
    bundles.component_units
from valid.bundles
inner join newest using (file_id);

comment on table core.bundles is 'What each bundle is made of, by the newest file that tells.';
comment on column core.bundles.bundle_sku is 'Seller''s SKU of the bundle';
comment on column core.bundles.component_sku is 'Seller''s SKU of the component';
comment on column core.bundles.component_units is 'Components in one bundle';
