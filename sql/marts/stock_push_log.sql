-- Every number that channels were sent.
-- grain:  one row per number of a push
-- keys:   shop, push_batch, channel, channel_sku
-- inputs: ledger.stock_pushes, settings.run

create or replace table marts.stock_push_log as
select
    run.shop,
    stock_pushes.push_batch,
    stock_pushes.channel,
    stock_pushes.channel_sku,
    stock_pushes.business_date,
    stock_pushes.pushed_at,
    stock_pushes.units,
    stock_pushes.file,
    stock_pushes.state,
    stock_pushes.run_id,
    getvariable('rule_version') as rule_version
from ledger.stock_pushes
cross join settings.run;

comment on column marts.stock_push_log.business_date is 'Business date of the push';
comment on column marts.stock_push_log.units is 'Units the channel may show';
comment on column marts.stock_push_log.state is 'How far the push came';
comment on column marts.stock_push_log.run_id is 'Run that pushed it';
