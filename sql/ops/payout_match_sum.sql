-- Bookings that pay several payouts in a row, and payouts that several bookings in a row pay, where their sums agree.
-- A row is of two to eight, close enough for one payment. A group that shares a payout or a booking with another is in
-- doubt and matches none.
-- grain:  one row per booking and payout of a group
-- keys:   booking_id, channel, payout_id, currency, part_no
-- inputs: ops.payout_unmatched, settings.stock

create or replace table ops.payout_match_sum as
with recursive

runs as (
    select
        side,
        channel,
        currency,
        place as first_place,
        place as last_place,
        working_day_number as first_day,
        working_day_number as last_day,
        amount
    from ops.payout_unmatched
    union all
    select
        runs.side,
        runs.channel,
        runs.currency,
        runs.first_place,
        successor.place as last_place,
        runs.first_day,
        successor.working_day_number as last_day,
        runs.amount + successor.amount as amount
    from runs
    inner join ops.payout_unmatched as successor
        on
            runs.side = successor.side and runs.channel = successor.channel and runs.currency = successor.currency
            and runs.last_place + 1 = successor.place
    cross join settings.stock
    where
        successor.working_day_number <= runs.first_day + stock.bank_lag_days
        and successor.place < runs.first_place + payout_group_size()
),

payout_runs as (
    select *
    from runs
    where side = 'payout'
),

booking_runs as (
    select *
    from runs
    where side = 'booking'
),

-- Several of one side against one of the other, the booking never before a payout.
groups as (
    select
        channel,
        currency,
        payout_runs.first_place as first_payout,
        payout_runs.last_place as last_payout,
        booking_runs.first_place as first_booking,
        booking_runs.last_place as last_booking,
        row_number() over () as group_no
    from payout_runs
    inner join booking_runs using (channel, currency, amount)
    cross join settings.stock
    where
        (payout_runs.first_place = payout_runs.last_place) != (booking_runs.first_place = booking_runs.last_place)
        and booking_runs.first_day >= payout_runs.last_day
        and booking_runs.last_day <= payout_runs.first_day + stock.bank_lag_days
),

pairs as (
    select
        groups.group_no,
        groups.channel,
        groups.currency,
        payouts.item_id as payout_id,
        payouts.part_no,
        bookings.item_id as booking_id,
        if(groups.last_payout > groups.first_payout, payouts.amount, bookings.amount) as amount,
        if(groups.last_payout > groups.first_payout, 'several_payouts', 'several_bookings') as match_rule
    from groups
    inner join ops.payout_unmatched as payouts
        on
            payouts.side = 'payout' and groups.channel = payouts.channel and groups.currency = payouts.currency
            and payouts.place between groups.first_payout and groups.last_payout
    inner join ops.payout_unmatched as bookings
        on
            bookings.side = 'booking' and groups.channel = bookings.channel and groups.currency = bookings.currency
            and bookings.place between groups.first_booking and groups.last_booking
),

doubted as (
    select
        *,
        count(distinct group_no) over (partition by channel, currency, booking_id) > 1
        or count(distinct group_no) over (partition by channel, currency, payout_id, part_no) > 1 as is_doubted
    from pairs
)

select
    booking_id,
    channel,
    payout_id,
    currency,
    part_no,
    amount,
    match_rule
from doubted
qualify not bool_or(is_doubted) over (partition by group_no);

comment on column ops.payout_match_sum.amount is 'What the booking pays of this payout; positive comes in';
comment on column ops.payout_match_sum.match_rule is 'several_payouts, several_bookings: equal sums in time';
