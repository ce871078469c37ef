-- The only payout and the only booking left in time, where they differ by little: a fee was kept on the way.
-- grain:  one row per booking that pays nearly the amount of one payout
-- keys:   booking_id, channel
-- inputs: ops.payout_unmatched, ops.payout_match_sum, settings.stock

create or replace table ops.payout_match_near as
with

pairs as (
    select
        bookings.item_id as booking_id,
        payouts.channel,
        payouts.item_id as payout_id,
        payouts.currency,
        payouts.part_no,
        bookings.amount,
        payouts.amount as payout_amount
    from ops.payout_unmatched as payouts
    anti join ops.payout_match_sum as paid
        on
            payouts.channel = paid.channel and payouts.currency = paid.currency
            and payouts.item_id = paid.payout_id and payouts.part_no = paid.part_no
    inner join ops.payout_unmatched as bookings
        on payouts.channel = bookings.channel and payouts.currency = bookings.currency
    anti join ops.payout_match_sum as used on bookings.item_id = used.booking_id
    cross join settings.stock
    where
        payouts.side = 'payout' and bookings.side = 'booking'
        and bookings.working_day_number
        between payouts.working_day_number and payouts.working_day_number + stock.bank_lag_days
    qualify
        count(*) over (partition by bookings.item_id) = 1
        and count(*) over (
            partition by payouts.channel, payouts.currency, payouts.item_id, payouts.part_no
        ) = 1
)

select
    booking_id,
    channel,
    payout_id,
    currency,
    part_no,
    amount,
    'near' as match_rule
from pairs
where abs(amount - payout_amount) <= abs(payout_amount) * payout_booking_rate();

comment on column ops.payout_match_near.amount is 'What the booking pays of this payout; positive comes in';
comment on column ops.payout_match_near.match_rule is 'near: the only pair left in time, little apart';
