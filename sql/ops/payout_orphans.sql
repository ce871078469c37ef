-- Bookings of a channel that no known payout explains: its file is missing, or it is from before the first file that came.
-- grain:  one row per booking
-- keys:   booking_id
-- inputs: core.payouts, ops.payout_bank, ops.payout_gaps, settings.stock, settings.bank_days

create or replace table ops.payout_orphans as
with

-- From here on the files should explain a deposit: inside the first window the one before it is still paid.
begun as (
    select
        payouts.channel,
        min(cast(payouts.period_start_at as date)) as window_date,
        min(payouts.payout_date) as payout_date,
        min(bank_days.working_day_number) + any_value(stock.bank_lag_days) as working_day_number
    from core.payouts
    left join settings.bank_days on payouts.payout_date = bank_days.day
    cross join settings.stock
    group by payouts.channel
)

select
    payout_bank.booking_id,
    payout_bank.channel,
    payout_bank.currency,
    payout_bank.bank_amount,
    payout_bank.booked_date,
    payout_bank.named_payout_id,
    payout_gaps.period_start_at,
    payout_gaps.period_end_at,
    -- Of a channel without any file all is missing from the first day on.
    not coalesce(
        payout_gaps.channel is not null or begun.channel is null or payout_bank.booked_date > begun.window_date
        or (begun.window_date is null and bank_days.working_day_number > begun.working_day_number),
        false
    ) as is_before_files,
    coalesce(payout_bank.booked_date >= begun.payout_date, false) as is_since_first
from ops.payout_bank
left join ops.payout_gaps
    on
        payout_bank.channel = payout_gaps.channel and payout_bank.currency = payout_gaps.currency
        and payout_bank.booked_date >= cast(payout_gaps.period_start_at as date)
        and payout_bank.booked_date <= cast(payout_gaps.next_end_at as date)
left join settings.bank_days on payout_bank.booked_date = bank_days.day
left join begun on payout_bank.channel = begun.channel
where payout_bank.payout_id is null
qualify row_number() over (
    partition by payout_bank.booking_id order by payout_gaps.period_start_at desc nulls last
) = 1;

comment on column ops.payout_orphans.named_payout_id is 'The payout that its reference may name';
comment on column ops.payout_orphans.period_start_at is 'Start of the gap between settlements that it falls into';
comment on column ops.payout_orphans.period_end_at is 'End of that gap';
