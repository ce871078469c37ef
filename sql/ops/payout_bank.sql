-- Which booking on the bank accounts pays which payout; each booking is used once.
-- A booking that names the payout belongs to it whatever its amount. The rest are matched by amount and currency, in
-- date order, within the working days that a bank may take; then by sums, where nothing else fits; last, where one
-- payout and one booking are left that differ by little. Each way is a table of its own, `ops.payout_match_…`.
-- grain:  one row per booking of a channel and payout it pays
-- keys:   booking_id, part_no
-- inputs: ops.bank_bookings, ops.payout_match_*

create or replace table ops.payout_bank as
with

-- A payout of which one booking pays several parts is one share of it; without an amount, the booking is all its.
shares as (
    select
        booking_id,
        channel,
        payout_id,
        any_value(match_rule) as match_rule,
        sum(amount) as amount
    from ops.payout_match_all
    group by booking_id, channel, payout_id
)

select
    bookings.booking_id,
    row_number() over (
        partition by bookings.booking_id order by shares.channel, shares.payout_id
    ) as part_no,
    coalesce(shares.channel, bookings.channel) as channel,
    shares.payout_id,
    shares.match_rule,
    bookings.booked_date,
    cast(coalesce(shares.amount, bookings.amount) as decimal(18, 2)) as bank_amount,
    bookings.currency,
    bookings.reference,
    long_numbers(bookings.reference)[1] as named_payout_id
from ops.bank_bookings as bookings
left join shares
    on bookings.booking_id = shares.booking_id and coalesce(bookings.channel, shares.channel) = shares.channel
where coalesce(shares.channel, bookings.channel) is not null
-- A description of two channels: the booking belongs to the one whose payout it pays.
qualify
    dense_rank() over (
        partition by bookings.booking_id order by shares.payout_id is null, coalesce(shares.channel, bookings.channel)
    ) = 1;

comment on column ops.payout_bank.part_no is '1, or one of several payouts that the booking pays';
comment on column ops.payout_bank.channel is 'Channel that paid, by the payout it names or by its description';
comment on column ops.payout_bank.payout_id is 'Payout it pays; null where no file names one';
comment on column ops.payout_bank.bank_amount is 'What it pays of this payout; positive comes in';
comment on column ops.payout_bank.match_rule is 'The way it was matched: reference, payout_id, amount, several_payouts, several_bookings, near or unnamed; null where it was not';
