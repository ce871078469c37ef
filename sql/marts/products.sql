-- Every SKU that is sold, stocked, bought or listed, and what it is.
-- grain:  one row per SKU
-- needs:  orders, sibling_orders, product_lists, sku_map, bundles, supplier_items, unit_costs
-- keys:   shop, sku
-- inputs: core.sku_listings, core.order_lines, core.bundles, core.supplier_items, ops.stock_position,
--   ops.current_costs, settings.run

create or replace table marts.products as
with

sold as (
    select
        sku,
        arg_max(title, (ordered_at, channel, order_id, line_id)) filter (where title is not null) as title,
        max(business_date) as last_sold_date
    from core.order_lines
    where is_sale and sku is not null
    group by sku
),

bought as (
    select
        sku,
        supplier_id,
        unit_cost_amount,
        currency
    from core.supplier_items
    qualify row_number() over (
        partition by sku
        order by unit_cost_amount is null asc, is_preferred desc nulls last, unit_cost_amount asc, supplier_id asc
    ) = 1
),

skus as (
    select sku from core.sku_listings
    union distinct
    select sku from sold
    union distinct
    select sku from bought
    union distinct
    select sku from ops.stock_position
    union distinct
    select bundle_sku as sku from core.bundles
)

select
    run.shop,
    skus.sku,
    coalesce(listed.title, sold.title) as title,
    listed.product,
    listed.product_type as type,
    listed.vendor,
    listed.status,
    skus.sku in (select bundle_sku from core.bundles) as is_bundle,
    cast(coalesce(bought.unit_cost_amount, listed.cost_amount, costs.unit_cost_amount) as decimal(18, 2))
        as unit_cost_amount,
    case
        when bought.unit_cost_amount is not null then bought.currency
        when listed.cost_amount is not null then listed.currency
        else coalesce(costs.currency, listed.currency)
    end as currency,
    bought.supplier_id as supplier,
    sold.last_sold_date,
    getvariable('rule_version') as rule_version
from skus
left join core.sku_listings as listed using (sku)
left join sold using (sku)
left join bought using (sku)
left join ops.current_costs as costs using (sku)
cross join settings.run;

comment on column marts.products.title is 'As the first channel that lists it says, else as it was last sold';
comment on column marts.products.status is 'active, draft or archived at that channel; null where no file of listings has it';
comment on column marts.products.unit_cost_amount is 'What the preferred supplier asks, else what the channel''s list of products says, else the cost sheet or the last purchase; null where none is known';
comment on column marts.products.supplier is 'Its preferred supplier with a known cost';
