-- The calendar of promotions: of each promotion the rows of the newest file that names it, so a row taken out is gone.
-- grain:  one row per promotion × line of its file × SKU of the line; no channel or no SKU stands for every one
-- keys:   promotion_id, line_no, entry_no
-- inputs: valid.promotions

create or replace table core.promotions as
select
    promotions.promotion_id,
    promotions.line_no,
    row_number() over (partition by promotions.file_id, promotions.line_no order by promotions.sku) as entry_no,
    promotions.channel,
    promotions.sku,
    promotions.title,
    promotions.start_date,
    promotions.end_date,
    promotions.expected_uplift_rate
from valid.promotions
qualify
    dense_rank() over (
        partition by promotions.promotion_id order by promotions.exported_at desc, promotions.file_id desc
    ) = 1;
