-- Of a channel whose deposits have no description in the shop file, the only booking without a channel of just its amount.
-- grain:  one row per booking that pays a payout of such a channel
-- keys:   booking_id
-- inputs: ops.payout_open, ops.bank_bookings, ops.payout_match_name, settings.bank_descriptions, settings.stock

create or replace table ops.payout_match_unnamed as
select
    bookings.booking_id,
    payouts.channel,
    payouts.item_id as payout_id,
    payouts.currency,
    payouts.part_no,
    payouts.amount,
    'unnamed' as match_rule
from ops.payout_open as payouts
anti join settings.bank_descriptions as described on payouts.channel = described.channel
inner join ops.bank_bookings as bookings
    on payouts.currency = bookings.currency and payouts.amount = bookings.amount and bookings.channel is null
anti join ops.payout_match_name as named on bookings.booking_id = named.booking_id
cross join settings.stock
where
    payouts.side = 'payout'
    and bookings.working_day_number
    between payouts.working_day_number and payouts.working_day_number + stock.bank_lag_days
qualify
    count(*) over (partition by bookings.booking_id) = 1
    and count(*) over (partition by payouts.channel, payouts.currency, payouts.item_id, payouts.part_no) = 1;

comment on column ops.payout_match_unnamed.amount is 'What the booking pays of this payout; positive comes in';
comment on column ops.payout_match_unnamed.match_rule is 'unnamed: equal amount in time, of a channel whose deposits have no name in the shop file';
