-- Every edit of the stock by hand, as the newest list that has it says.
-- grain:  one row per edit
-- keys:   location, sku, event_date, change_units, edit_no
-- inputs: valid.stock_events

create or replace table core.stock_adjustments as
with

-- Two alike edits of one list are two.
numbered as (
    select
        *,
        row_number() over (
            partition by file_id, location, channel_sku, event_date, change_units order by reason, line_no
        ) as edit_no
    from valid.stock_events
    where event = 'manual adjustment'
)

select
    location,
    channel_sku as sku,
    event_date,
    change_units,
    cast(edit_no as bigint) as edit_no,
    nullif(trim(reason), '') as reason,
    file_id as source_file_id
from numbered
qualify row_number() over (
    partition by location, channel_sku, event_date, change_units, edit_no
    order by exported_at desc, file_id desc, line_no desc
) = 1;

comment on column core.stock_adjustments.event_date is 'Day of the edit';
comment on column core.stock_adjustments.change_units is 'Units put on (above 0) or taken off the stock';
comment on column core.stock_adjustments.reason is 'Why, as whoever edited it wrote it; null where nobody wrote it';
