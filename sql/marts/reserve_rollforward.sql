-- What a channel holds back, from payout to payout.
-- A settlement with a window releases all that the one before held; where it does not, a settlement is missing or
-- wrong. A channel without windows holds and releases as it likes, but never releases more than it holds.
-- grain:  one row per payout of a channel that holds reserves
-- needs:  payout_lines
-- keys:   shop, channel, payout_id, currency
-- inputs: marts.payout_reconciliation

create or replace table marts.reserve_rollforward as
with

payouts as (
    select
        shop,
        as_of,
        channel,
        payout_id,
        currency,
        period_end_at,
        source_file_id,
        -reserve_held_amount as held_amount,
        reserve_released_amount as released_amount,
        row_number() over (
            partition by channel, currency
            order by coalesce(period_start_at, cast(payout_date as timestamptz)), payout_id
        ) as nth,
        period_start_at is not null as has_window,
        lag(-reserve_held_amount) over chain as previous_held_amount,
        first_value(reserve_released_amount) over chain
        + sum(-reserve_held_amount - reserve_released_amount) over chain as balance_amount
    from marts.payout_reconciliation
    -- A payout that no file reports breaks the chain and is not in it; what waits for its payout is not in it yet.
    where lines > 0 and payout_id != 'pending ' || currency
    window
        chain as (
            partition by channel, currency
            order by coalesce(period_start_at, cast(payout_date as timestamptz)), payout_id
        )
    qualify max(abs(reserve_held_amount) + abs(reserve_released_amount)) over (partition by channel, currency) > 0
),

opened as (
    select
        *,
        case
            when previous_held_amount is null then released_amount
            when has_window then previous_held_amount
            else balance_amount + released_amount - held_amount
        end as opening_amount
    from payouts
)

select
    shop,
    as_of,
    channel,
    payout_id,
    currency,
    period_end_at,
    nth as chain_no,
    cast(opening_amount as decimal(18, 2)) as opening_amount,
    cast(held_amount as decimal(18, 2)) as held_amount,
    cast(released_amount as decimal(18, 2)) as released_amount,
    cast(opening_amount - released_amount + held_amount as decimal(18, 2)) as closing_amount,
    case
        when previous_held_amount is null then null
        when has_window then opening_amount = released_amount
        else opening_amount >= released_amount
    end as ties,
    getvariable('rule_version') as rule_version,
    source_file_id
from opened;

comment on column marts.reserve_rollforward.source_file_id is 'Landed file of the payout''s total';
