-- Every number that a channel was told.
-- grain:  one row per pushed number
-- keys:   shop, push_batch, channel, channel_sku
-- inputs: ledger.stock_pushes

create or replace table marts.stock_push_log as
select
    shop,
    pushed_at,
    channel,
    channel_sku,
    units,
    file,
    run_id,
    business_date,
    push_batch,
    state
from ledger.stock_pushes;

comment on table marts.stock_push_log is 'Every number that a channel was told.';
comment on column marts.stock_push_log.shop is 'Shop';
comment on column marts.stock_push_log.pushed_at is 'Moment it was recorded, UTC';
comment on column marts.stock_push_log.channel is 'Channel';
comment on column marts.stock_push_log.channel_sku is 'SKU as the channel knows it';
comment on column marts.stock_push_log.units is 'Units told';
comment on column marts.stock_push_log.file is 'File it was written to; null where it never was';
comment on column marts.stock_push_log.run_id is 'Run';
comment on column marts.stock_push_log.business_date is 'Business date';
comment on column marts.stock_push_log.push_batch is 'Batch';
comment on column marts.stock_push_log.state is 'recorded or written';
