-- Payouts and bookings of which neither names the other: they are matched by their amounts.
-- What a channel's own file says has failed never left, and a payout that a booking names is not looked for again.
-- A payout whose day nobody says is looked for from the end of its window on.
-- One that was put off to another day is no payout of its own.
-- grain:  one row per part of a payout, and per booking of a channel
-- keys:   side, channel, currency, item_id, part_no
-- inputs: core.payouts, core.payout_parts, ops.bank_bookings, ops.payout_match_name, settings.bank_days

create or replace table ops.payout_open as
with

sides as (
    select
        'payout' as side,
        parts.channel,
        parts.currency,
        parts.payout_id as item_id,
        parts.part_no,
        parts.payout_amount as amount,
        coalesce(parts.payout_date, cast(parts.period_end_at as date)) as item_date,
        bank_days.working_day_number
    from core.payout_parts as parts
    semi join core.payouts using (channel, payout_id, currency)
    anti join ops.payout_match_name using (channel, payout_id, currency)
    inner join settings.bank_days
        on coalesce(parts.payout_date, cast(parts.period_end_at as date)) = bank_days.day
    where parts.payout_amount != 0 and coalesce(parts.state, '') not in ('failed', 'cancelled', 'canceled')
    union all
    select
        'booking' as side,
        bookings.channel,
        bookings.currency,
        bookings.booking_id as item_id,
        1 as part_no,
        bookings.amount,
        bookings.booked_date as item_date,
        bookings.working_day_number
    from ops.bank_bookings as bookings
    anti join ops.payout_match_name using (booking_id)
    where bookings.channel is not null and bookings.working_day_number is not null
)

select
    side,
    channel,
    currency,
    item_id,
    part_no,
    amount,
    working_day_number,
    row_number() over (
        partition by side, channel, currency, amount order by item_date, item_id, part_no
    ) as nth
from sides;

comment on column ops.payout_open.amount is 'Amount of the payout, or of the booking; positive comes in';
