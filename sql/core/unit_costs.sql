-- What a unit of each SKU cost, day by day: each row holds until the SKU's next one. Of what is known on a day counts,
-- in this order: the cost sheet (the only one with freight and duty), the price of the purchase order that came last,
-- the supplier's list, the cost at a listing. Lists and listings hold from the day of each file that says them, also of
-- one that comes again. What was sold before the first known cost is held to that one, which `is_dated` denies.
-- grain:  one row per SKU × day from which a cost holds
-- keys:   sku, from_date
-- inputs: valid.unit_costs, core.purchase_order_lines, valid.supplier_items, valid.listings, core.sku_map,
--   landing.sightings, settings.channels, settings.rates, settings.run

create or replace table core.unit_costs as
with

-- How far back each sheet goes for a SKU: from there on it says all, and a row that it corrects or leaves out is gone.
reaching as (
    select
        sku,
        file_id,
        any_value(exported_at) as exported_at,
        min(from_date) as first_date
    from valid.unit_costs
    group by sku, file_id
),

sheet as (
    select
        sku,
        from_date,
        'sheet' as source,
        'cost sheet' as cost_source,
        unit_goods_amount,
        unit_freight_amount,
        unit_duty_amount,
        unit_other_amount,
        currency
    from valid.unit_costs
    anti join reaching
        on
            unit_costs.sku = reaching.sku
            and (unit_costs.exported_at, unit_costs.file_id) < (reaching.exported_at, reaching.file_id)
            and unit_costs.from_date >= reaching.first_date
    qualify row_number() over (
        partition by sku, from_date order by exported_at desc, file_id desc, line_no desc
    ) = 1
),

receipts as (
    select
        sku,
        first_received_date as from_date,
        'receipt' as source,
        'purchase order ' || po_number as cost_source,
        unit_cost_amount as unit_goods_amount,
        currency
    from core.purchase_order_lines
    where first_received_date is not null and unit_cost_amount is not null
    qualify row_number() over (partition by sku, first_received_date order by po_number desc, delivery_no desc) = 1
),

-- The preferred supplier's price, else the lowest in the shop's currency.
lists as (
    select
        items.sku,
        cast(timezone(run.timezone, coalesce(sightings.seen_at, items.exported_at)) as date) as from_date,
        'list' as source,
        'list of supplier ' || items.supplier_id as cost_source,
        items.unit_cost_amount as unit_goods_amount,
        items.currency
    from valid.supplier_items as items
    cross join settings.run
    left join landing.sightings using (file_id)
    left join settings.rates on items.currency = rates.currency
    where items.unit_cost_amount is not null
    qualify row_number() over (
        partition by
            items.sku, cast(timezone(run.timezone, coalesce(sightings.seen_at, items.exported_at)) as date)
        order by
            items.is_preferred desc nulls last, items.unit_cost_amount / rates.rate asc nulls last,
            coalesce(sightings.seen_at, items.exported_at) desc, items.supplier_id asc, items.file_id desc,
            items.line_no desc
    ) = 1
),

-- The files of listings say no currency: it is that of the platform's channels, if they have one.
platforms as (
    select
        platform,
        min(currency) as currency
    from settings.channels
    group by platform
    having count(distinct currency) = 1
),

mapped as (
    select
        channels.platform,
        sku_map.channel_sku,
        min(sku_map.sku) as sku
    from core.sku_map
    inner join settings.channels using (channel)
    group by channels.platform, sku_map.channel_sku
),

listed as (
    select
        coalesce(mapped.sku, listings.channel_sku) as sku,
        cast(timezone(run.timezone, coalesce(sightings.seen_at, listings.exported_at)) as date) as from_date,
        'listing' as source,
        'listing on ' || listings.platform as cost_source,
        listings.cost_amount as unit_goods_amount,
        platforms.currency
    from valid.listings
    inner join platforms using (platform)
    left join mapped using (platform, channel_sku)
    left join landing.sightings using (file_id)
    cross join settings.run
    where listings.cost_amount is not null
    qualify row_number() over (
        partition by
            coalesce(mapped.sku, listings.channel_sku),
            cast(timezone(run.timezone, coalesce(sightings.seen_at, listings.exported_at)) as date)
        order by
            coalesce(sightings.seen_at, listings.exported_at) desc, listings.platform asc, listings.channel_sku asc,
            listings.file_id desc, listings.line_no asc
    ) = 1
),

stated as (
    select * from sheet
    union all by name
    select * from receipts
    union all by name
    select * from lists
    union all by name
    select * from listed
),

-- A price that a file only repeats is no news.
news as (
    select *
    from stated
    qualify
        (unit_goods_amount, unit_freight_amount, unit_duty_amount, unit_other_amount, currency)
        is distinct from lag(
            (unit_goods_amount, unit_freight_amount, unit_duty_amount, unit_other_amount, currency)
        ) over (partition by sku, source order by from_date)
),

-- What each source last said, on each day on which one of them said something new.
days as (
    select
        sku,
        from_date,
        any_value(news) filter (where source = 'sheet') as by_sheet,
        any_value(news) filter (where source = 'receipt') as by_receipt,
        any_value(news) filter (where source = 'list') as by_list,
        any_value(news) filter (where source = 'listing') as by_listing
    from news
    group by sku, from_date
),

in_force as (
    select
        sku,
        from_date,
        coalesce(
            last_value(by_sheet ignore nulls) over so_far, last_value(by_receipt ignore nulls) over so_far,
            last_value(by_list ignore nulls) over so_far, last_value(by_listing ignore nulls) over so_far
        ) as cost,
        row_number() over so_far = 1 as is_first
    from days
    window so_far as (partition by sku order by from_date)
),

-- Its changes, and what is held before the first day that anything is known of.
held as (
    select
        sku,
        from_date,
        cost,
        true as is_dated
    from in_force
    qualify cost is distinct from lag(cost) over (partition by sku order by from_date)
    union all
    select
        sku,
        date '0001-01-01' as from_date,
        cost,
        false as is_dated
    from in_force
    where is_first
)

select
    held.sku,
    held.from_date,
    cast(
        cost.unit_goods_amount + coalesce(cost.unit_freight_amount, 0) + coalesce(cost.unit_duty_amount, 0)
        + coalesce(cost.unit_other_amount, 0) as decimal(18, 4)
    ) as unit_cost_amount,
    cost.unit_goods_amount,
    cost.unit_freight_amount,
    cost.unit_duty_amount,
    cost.unit_other_amount,
    cost.currency,
    cost.cost_source,
    held.is_dated
from held;

comment on column core.unit_costs.from_date is 'First day on which the cost holds; 0001-01-01: on all days before anything is known';
comment on column core.unit_costs.unit_cost_amount is 'Landed cost of a unit: goods, and of freight, duty and other what is stated';
comment on column core.unit_costs.currency is 'ISO 4217; null where nothing says in which the cost is';
