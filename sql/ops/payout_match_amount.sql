-- Bookings that pay a payout of just their amount, in date order, within the working days that a bank may take.
-- Equal amounts walk side by side through time: whichever is too early for the other steps on.
-- grain:  one row per booking that pays one payout of its amount
-- keys:   booking_id, channel
-- inputs: ops.payout_open, settings.stock

create or replace table ops.payout_match_amount as
with recursive

payouts as (
    select *
    from ops.payout_open
    where side = 'payout'
),

bookings as (
    select *
    from ops.payout_open
    where side = 'booking'
),

walk as (
    select
        payouts.channel,
        payouts.currency,
        payouts.amount,
        payouts.item_id as payout_id,
        payouts.part_no,
        bookings.item_id as booking_id,
        payouts.nth as payout_nth,
        bookings.nth as booking_nth,
        bookings.working_day_number - payouts.working_day_number as lag_days
    from payouts
    inner join bookings using (channel, currency, amount, nth)
    where payouts.nth = 1
    union all
    select
        walk.channel,
        walk.currency,
        walk.amount,
        payouts.item_id as payout_id,
        payouts.part_no,
        bookings.item_id as booking_id,
        payouts.nth as payout_nth,
        bookings.nth as booking_nth,
        bookings.working_day_number - payouts.working_day_number as lag_days
    from walk
    cross join settings.stock
    inner join payouts
        on
            walk.channel = payouts.channel and walk.currency = payouts.currency and walk.amount = payouts.amount
            and walk.payout_nth + cast(walk.lag_days >= 0 as bigint) = payouts.nth
    inner join bookings
        on
            walk.channel = bookings.channel and walk.currency = bookings.currency and walk.amount = bookings.amount
            and walk.booking_nth + cast(walk.lag_days <= stock.bank_lag_days as bigint) = bookings.nth
)

select
    walk.booking_id,
    walk.channel,
    walk.payout_id,
    walk.currency,
    walk.part_no,
    'amount' as match_rule
from walk
cross join settings.stock
where walk.lag_days between 0 and stock.bank_lag_days;

comment on column ops.payout_match_amount.match_rule is 'amount: equal amount in time';
