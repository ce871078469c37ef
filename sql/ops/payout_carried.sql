-- Payouts that a later one settles: what has failed is paid again, a debt is carried over to the next window.
-- What has failed, or was called back, is paid with a later payout, the oldest first, as far as later payouts say that they hold it.
-- A channel that pays by windows lays them end to end.
-- grain:  one row per payout that has failed or was called back, or that has a window
-- keys:   channel, payout_id, currency
-- inputs: core.payouts, ops.payout_buckets, ops.payout_bank

create or replace table ops.payout_carried as
with

payouts as (
    select
        channel,
        payout_id,
        currency,
        payouts.period_start_at,
        payouts.payout_date,
        is_final(payouts.state) and payouts.state != 'paid' as has_failed,
        payouts.payout_amount,
        payouts.retried_amount,
        buckets.carried_over_amount
    from core.payouts
    full outer join ops.payout_buckets as buckets using (channel, payout_id, currency)
),

failed as (
    select
        channel,
        payout_id,
        currency,
        sum(payout_amount) over (partition by channel, currency order by payout_date, payout_id) as failed_amount
    from payouts
    anti join ops.payout_bank using (channel, payout_id, currency)
    where has_failed
),

paid_later as (
    select
        channel,
        currency,
        sum(greatest(coalesce(retried_amount, 0), coalesce(carried_over_amount, 0))) as retried_amount
    from payouts
    where not has_failed
    group by channel, currency
),

windows as (
    select
        channel,
        payout_id,
        currency,
        payout_amount,
        lead(payout_id) over chain as next_payout_id,
        lead(carried_over_amount) over chain as next_carried_over_amount
    from payouts
    where period_start_at is not null
    window chain as (partition by channel, currency order by period_start_at, payout_id)
)

select
    channel,
    payout_id,
    currency,
    coalesce(failed.failed_amount <= paid_later.retried_amount, false) as is_retried,
    coalesce(windows.payout_amount < 0 and windows.next_carried_over_amount = windows.payout_amount, false)
        as is_carried_over,
    coalesce(windows.payout_amount < 0 and windows.next_payout_id is null, false) as is_awaiting_next
from windows
full outer join failed using (channel, payout_id, currency)
left join paid_later using (channel, currency);
