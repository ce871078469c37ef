-- Stock by location: the warehouse's own count where there is a fresh one, else the newest export that has the place.
-- A stale file, however late it lands, never overwrites a newer one; two sources of one place are never added.
-- grain:  one row per SKU × location
-- keeps:  core.stock_figures by sku, location; same on_hand_units; units on_hand_units
-- keys:   sku, location
-- inputs: core.stock_figures, settings.run, settings.stock

create or replace table core.stock_levels as
select
    stock_figures.sku,
    stock_figures.location,
    stock_figures.platform,
    stock_figures.on_hand_units,
    stock_figures.unavailable_units,
    stock_figures.committed_units,
    stock_figures.incoming_units,
    stock_figures.snapshot_at,
    stock_figures.missing_since_at,
    stock_figures.missing_from,
    stock_figures.product_count,
    stock_figures.counts_said,
    stock_figures.source_file_id
from core.stock_figures
cross join settings.run
cross join settings.stock
qualify row_number() over (
    partition by stock_figures.sku, stock_figures.location
    order by
        (
            stock_figures.platform = 'stock'
            and date_diff('second', stock_figures.snapshot_at, run.as_of) <= stock.stale_hours * 3600
        ) desc,
        stock_figures.snapshot_at desc,
        stock_figures.platform asc
) = 1;

comment on column core.stock_levels.platform is 'Whose count it is; `stock` is the warehouse''s or 3PL''s own';
comment on column core.stock_levels.snapshot_at is 'Moment the figure was last exported, UTC';
