-- What each platform says it has promised, by place: its own count, never below 0. An order that an app copied into a
-- platform is committed there as well, and is held by the channel that owns it: as many units as that channel's open
-- orders and what left them since the count are taken off the platform's word, from its largest place first.
-- grain:  one row per SKU × platform × location
-- keys:   sku, platform, location
-- inputs: core.stock_figures, core.order_lines, core.orders, core.bundles, ops.open_demand, ops.left_since_count,
--   settings.channels, settings.synced_sources

create or replace table ops.committed_stock as
with

-- From where each platform has copies; of several, the first by name.
synced as (
    select
        channels.platform,
        min(owners.platform) as owner_platform
    from settings.synced_sources
    inner join settings.channels using (channel)
    inner join settings.channels as owners on synced_sources.owner_channel = owners.channel
    group by channels.platform
),

copies as (
    select
        coalesce(bundles.component_sku, order_lines.sku) as sku,
        channels.platform,
        owners.platform as owner_platform,
        order_lines.open_units * coalesce(bundles.component_units, 1) as units
    from core.order_lines
    inner join core.orders using (channel, order_id)
    inner join settings.channels using (channel)
    inner join settings.channels as owners on orders.duplicate_of = owners.channel
    left join core.bundles on order_lines.sku = bundles.bundle_sku
    where order_lines.sale_reason = 'copy' and order_lines.open_units > 0
    union all
    -- What has left of a copy was promised there by the count.
    select
        left_since.sku,
        left_since.platform,
        synced.owner_platform,
        left_since.copied_units as units
    from ops.left_since_count as left_since
    inner join synced using (platform)
    where left_since.copied_units > 0
),

copied as (
    select
        sku,
        platform,
        owner_platform,
        sum(units) as units
    from copies
    group by sku, platform, owner_platform
),

-- What the orders of the owning channel hold.
owned as (
    select
        sku,
        platform,
        sum(units) as units
    from (
        select
            sku,
            platform,
            open_units as units
        from ops.open_demand
        union all
        select
            sku,
            platform,
            left_units as units
        from ops.left_since_count
    ) as held
    group by sku, platform
),

-- Of a copy whose own channel has not reported it, only the platform's word is known: that holds.
held_twice as (
    select
        copied.sku,
        copied.platform,
        sum(least(copied.units, owned.units)) as units
    from copied
    inner join owned on copied.sku = owned.sku and copied.owner_platform = owned.platform
    group by copied.sku, copied.platform
)

select
    stock_figures.sku,
    stock_figures.platform,
    stock_figures.location,
    cast(
        greatest(stock_figures.committed_units, 0) - least(
            greatest(stock_figures.committed_units, 0),
            greatest(
                coalesce(held_twice.units, 0) - coalesce(sum(greatest(stock_figures.committed_units, 0)) over (
                    partition by stock_figures.sku, stock_figures.platform
                    order by stock_figures.committed_units desc, stock_figures.location asc
                    rows between unbounded preceding and 1 preceding
                ), 0),
                0
            )
        ) as bigint
    ) as committed_units
from core.stock_figures
left join held_twice using (sku, platform)
where stock_figures.platform != 'stock';

comment on column ops.committed_stock.committed_units is 'Units of the platform''s own promises that no other channel holds';
