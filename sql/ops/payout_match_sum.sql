-- Bookings that pay several payouts, and payouts that several bookings pay, where their sums agree.
-- A group is of two to eight, close enough for one payment: any of them, where few are open in that time, else those
-- that follow one another. A group that shares a payout or a booking with another is in doubt and matches none.
-- grain:  one row per booking and payout of a group
-- keys:   booking_id, channel, payout_id, currency, part_no
-- inputs: ops.payout_unmatched, settings.stock

create or replace table ops.payout_match_sum as
with recursive

-- Of how many a group that begins here could be.
starts as (
    select
        unmatched.*,
        count(*) over (
            partition by unmatched.side, unmatched.channel, unmatched.currency
            order by unmatched.working_day_number
            range between current row and stock.bank_lag_days following
        ) as crowd
    from ops.payout_unmatched as unmatched
    cross join settings.stock
),

runs as (
    select
        side,
        channel,
        currency,
        [place] as places,
        place as last_place,
        working_day_number as first_day,
        working_day_number as last_day,
        amount,
        crowd <= payout_subset_size() as is_any
    from starts
    union all
    select
        runs.side,
        runs.channel,
        runs.currency,
        list_append(runs.places, successor.place) as places,
        successor.place as last_place,
        runs.first_day,
        successor.working_day_number as last_day,
        runs.amount + successor.amount as amount,
        runs.is_any
    from runs
    inner join ops.payout_unmatched as successor
        on
            runs.side = successor.side and runs.channel = successor.channel and runs.currency = successor.currency
            and runs.last_place < successor.place
    cross join settings.stock
    where
        successor.working_day_number <= runs.first_day + stock.bank_lag_days
        and len(runs.places) < payout_group_size()
        and (runs.is_any or runs.last_place + 1 = successor.place)
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
        payout_runs.places as payouts,
        booking_runs.places as bookings,
        row_number() over () as group_no
    from payout_runs
    inner join booking_runs using (channel, currency, amount)
    cross join settings.stock
    where
        (len(payout_runs.places) = 1) != (len(booking_runs.places) = 1)
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
        if(len(groups.payouts) > 1, payouts.amount, bookings.amount) as amount,
        if(len(groups.payouts) > 1, 'several_payouts', 'several_bookings') as match_rule
    from groups
    inner join ops.payout_unmatched as payouts
        on
            payouts.side = 'payout' and groups.channel = payouts.channel and groups.currency = payouts.currency
            and list_contains(groups.payouts, payouts.place)
    inner join ops.payout_unmatched as bookings
        on
            bookings.side = 'booking' and groups.channel = bookings.channel and groups.currency = bookings.currency
            and list_contains(groups.bookings, bookings.place)
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
