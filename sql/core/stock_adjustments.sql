-- Every edit of the stock by hand, as the newest file that has it says.
-- grain:  one row per edit
-- keeps:  valid.stock_adjustments by location, sku, adjusted_at, change_units
-- keys:   location, sku, adjusted_at, change_units, edit_no
-- inputs: valid.stock_adjustments

create or replace table core.stock_adjustments as
with

-- Two alike edits of one file are two.
numbered as (
    select
        *,
        row_number() over (
            partition by file_id, location, sku, adjusted_at, change_units order by adjustment_id, line_no
        ) as edit_no
    from valid.stock_adjustments
)

select
    location,
    sku,
    adjusted_at,
    change_units,
    cast(edit_no as bigint) as edit_no,
    adjustment_id,
    nullif(trim(reason), '') as reason,
    file_id as source_file_id
from numbered
qualify row_number() over (
    partition by location, sku, adjusted_at, change_units, edit_no
    order by exported_at desc, file_id desc, line_no desc
) = 1;

comment on column core.stock_adjustments.change_units is 'Units put on (above 0) or taken off the stock';
comment on column core.stock_adjustments.reason is 'Why, as whoever edited it wrote it; null where nobody wrote it';
