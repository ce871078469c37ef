-- Payouts and bookings that are left once equal amounts are matched, in a row by day.
-- grain:  one row per part of a payout, and per booking of a channel
-- keys:   side, channel, currency, place
-- inputs: ops.payout_open, ops.payout_match_amount

create or replace table ops.payout_unmatched as
select
    open.side,
    open.channel,
    open.currency,
    row_number() over (
        partition by open.side, open.channel, open.currency
        order by open.working_day_number, open.item_id, open.part_no
    ) as place,
    open.item_id,
    open.part_no,
    open.amount,
    open.working_day_number
from ops.payout_open as open
anti join ops.payout_match_amount as paid
    on
        open.side = 'payout' and open.channel = paid.channel and open.currency = paid.currency
        and open.item_id = paid.payout_id and open.part_no = paid.part_no
anti join ops.payout_match_amount as used on open.side = 'booking' and open.item_id = used.booking_id;

comment on column ops.payout_unmatched.amount is 'Amount of the payout, or of the booking; positive comes in';
