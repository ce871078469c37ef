-- What each channel says of the seller's account, by the newest report that has the metric.
-- grain:  one row per channel × metric
-- keeps:  valid.channel_health by channel, metric; leaves no_channel where channel is null
-- keys:   channel, metric
-- inputs: valid.channel_health

create or replace table core.channel_health as
select
    channel,
    metric,
    value_rate,
    target_rate,
    status,
    period_start_at,
    period_end_at,
    exported_at as stated_at,
    file_id as source_file_id
from valid.channel_health
where channel is not null
qualify row_number() over (
    partition by channel, metric
    order by coalesce(period_end_at, exported_at) desc, exported_at desc, file_id desc, line_no desc
) = 1;

comment on column core.channel_health.status is 'The channel''s own verdict';
