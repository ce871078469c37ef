-- Windows that no settlement covers: a channel that pays by windows lays them end to end.
-- grain:  one row per gap between two settlements
-- keys:   channel, currency, period_start_at
-- inputs: core.payouts

create or replace table ops.payout_gaps as
with

windows as (
    select
        channel,
        currency,
        period_end_at as start_at,
        lead(period_start_at) over chain as next_start_at,
        lead(period_end_at) over chain as next_end_at
    from core.payouts
    where period_start_at is not null
    window chain as (partition by channel, currency order by period_start_at, payout_id)
)

select
    channel,
    currency,
    start_at as period_start_at,
    min(next_start_at) as period_end_at,
    min(next_end_at) as next_end_at
from windows
where next_start_at > start_at
group by channel, currency, start_at;

comment on column ops.payout_gaps.period_start_at is 'End of the window before';
comment on column ops.payout_gaps.period_end_at is 'Start of the window after';
