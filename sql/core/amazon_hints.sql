-- What Amazon last said of each SKU in its places: the volume of a unit, what it would be sent, what it holds too much of.
-- Each figure is from the newest file that states it: its reports do not all say the same. Without a map a listing's SKU is
-- the seller's own.
-- grain:  one row per SKU that Amazon reports
-- keys:   sku
-- inputs: valid.replenishment_hints, core.amazon_skus

create or replace table core.amazon_hints as
with

named as (
    select
        coalesce(amazon_skus.sku, replenishment_hints.channel_sku) as sku,
        replenishment_hints.*
    from valid.replenishment_hints
    left join core.amazon_skus using (channel_sku)
)

select
    sku,
    max_by(unit_cubic_feet, (snapshot_at, file_id)) filter (where unit_cubic_feet > 0) as unit_cubic_feet,
    max_by(suggested_units, (snapshot_at, file_id)) filter (where suggested_units is not null) as suggested_units,
    max_by(excess_units, (snapshot_at, file_id)) filter (where excess_units is not null) as excess_units
from named
group by sku;

comment on column core.amazon_hints.suggested_units is 'Units that Amazon would be sent';
