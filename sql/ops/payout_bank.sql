-- Which booking on the bank accounts pays which payout; each booking is used once.
-- A booking that names the payout belongs to it whatever its amount. The rest are matched by amount and currency,
-- in date order, within the working days that a bank may take.
-- grain:  one row per booking of a channel
-- keys:   booking_id
-- inputs: core.payouts, core.bank_lines, settings.bank_descriptions, settings.bank_days, settings.stock

create or replace table ops.payout_bank as
with recursive

bookings as (
    select
        bank_lines.booking_id,
        bank_descriptions.channel,
        bank_lines.booked_date,
        bank_lines.reference,
        bank_lines.amount,
        bank_lines.currency
    from core.bank_lines
    left join settings.bank_descriptions
        on folded(bank_lines.description) = folded(bank_descriptions.description)
),

-- What a payout may be called on a statement. Short numbers name too many things.
payout_names as (
    select
        channel,
        payout_id,
        payout_date,
        currency,
        'reference' as match_rule,
        folded(bank_reference) as name
    from core.payouts
    where bank_reference is not null
    union distinct
    select
        channel,
        payout_id,
        payout_date,
        currency,
        'payout_id' as match_rule,
        folded(payout_id) as name
    from core.payouts
    union distinct
    select
        channel,
        payout_id,
        payout_date,
        currency,
        'payout_id' as match_rule,
        regexp_replace(payout_id, '[^0-9]', '', 'g') as name
    from core.payouts
    where length(regexp_replace(payout_id, '[^0-9]', '', 'g')) >= 6
),

booking_names as (
    select
        bookings.*,
        unnest(list_distinct(list_concat(
            [folded(bookings.reference), regexp_replace(bookings.reference, '[^0-9]', '', 'g')],
            regexp_extract_all(bookings.reference, '[0-9]{6,}'),
            string_split(replace(replace(lower(bookings.reference), '-', ''), '_', ''), ' ')
        ))) as name
    from bookings
    where bookings.reference is not null
),

by_name as (
    select
        booking_names.booking_id,
        payout_names.channel,
        payout_names.payout_id,
        payout_names.match_rule
    from booking_names
    inner join payout_names using (name, currency)
    where
        booking_names.channel = payout_names.channel
        or (booking_names.channel is null and payout_names.match_rule = 'reference')
    qualify row_number() over (
        partition by booking_names.booking_id
        order by
            payout_names.match_rule desc,
            payout_names.payout_date desc,
            payout_names.channel asc,
            payout_names.payout_id asc
    ) = 1
),

open_payouts as (
    select
        payouts.channel,
        payouts.payout_id,
        payouts.currency,
        payouts.payout_amount as amount,
        bank_days.working_day_number,
        row_number() over (
            partition by payouts.channel, payouts.currency, payouts.payout_amount
            order by payouts.payout_date, payouts.payout_id
        ) as nth
    from core.payouts
    inner join settings.bank_days on payouts.payout_date = bank_days.day
    anti join by_name on payouts.channel = by_name.channel and payouts.payout_id = by_name.payout_id
    where payouts.payout_amount != 0
),

open_bookings as (
    select
        bookings.channel,
        bookings.booking_id,
        bookings.currency,
        bookings.amount,
        bank_days.working_day_number,
        row_number() over (
            partition by bookings.channel, bookings.currency, bookings.amount
            order by bookings.booked_date, bookings.booking_id
        ) as nth
    from bookings
    inner join settings.bank_days on bookings.booked_date = bank_days.day
    anti join by_name on bookings.booking_id = by_name.booking_id
    where bookings.channel is not null
),

-- Equal amounts walk side by side through time: whichever is too early for the other steps on.
walk as (
    select
        channel,
        currency,
        amount,
        cast(1 as bigint) as payout_nth,
        cast(1 as bigint) as booking_nth
    from open_payouts
    where nth = 1
    union all
    select
        walk.channel,
        walk.currency,
        walk.amount,
        walk.payout_nth
        + cast(open_bookings.working_day_number >= open_payouts.working_day_number as bigint) as payout_nth,
        walk.booking_nth + cast(
            open_bookings.working_day_number <= open_payouts.working_day_number + stock.bank_lag_days as bigint
        ) as booking_nth
    from walk
    inner join open_payouts
        on
            walk.channel = open_payouts.channel and walk.currency = open_payouts.currency
            and walk.amount = open_payouts.amount and walk.payout_nth = open_payouts.nth
    inner join open_bookings
        on
            walk.channel = open_bookings.channel and walk.currency = open_bookings.currency
            and walk.amount = open_bookings.amount and walk.booking_nth = open_bookings.nth
    cross join settings.stock
),

by_amount as (
    select
        open_bookings.booking_id,
        open_payouts.channel,
        open_payouts.payout_id,
        'amount' as match_rule
    from walk
    inner join open_payouts
        on
            walk.channel = open_payouts.channel and walk.currency = open_payouts.currency
            and walk.amount = open_payouts.amount and walk.payout_nth = open_payouts.nth
    inner join open_bookings
        on
            walk.channel = open_bookings.channel and walk.currency = open_bookings.currency
            and walk.amount = open_bookings.amount and walk.booking_nth = open_bookings.nth
    cross join settings.stock
    where
        open_bookings.working_day_number
        between open_payouts.working_day_number and open_payouts.working_day_number + stock.bank_lag_days
),

matches as (
    select
        booking_id,
        channel,
        payout_id,
        match_rule
    from by_name
    union all
    select
        booking_id,
        channel,
        payout_id,
        match_rule
    from by_amount
)

select
    bookings.booking_id,
    coalesce(matches.channel, bookings.channel) as channel,
    matches.payout_id,
    matches.match_rule,
    bookings.booked_date,
    bookings.amount as bank_amount,
    bookings.currency,
    bookings.reference,
    nullif(regexp_extract(bookings.reference, '[0-9]{6,}'), '') as named_payout_id
from bookings
left join matches
    on bookings.booking_id = matches.booking_id and coalesce(bookings.channel, matches.channel) = matches.channel
where coalesce(matches.channel, bookings.channel) is not null
qualify row_number() over (
    partition by bookings.booking_id order by matches.payout_id is null, coalesce(matches.channel, bookings.channel)
) = 1;

comment on table ops.payout_bank is 'Which booking on the bank accounts pays which payout; each booking is used once.';
comment on column ops.payout_bank.booking_id is 'Booking of core.bank_lines';
comment on column ops.payout_bank.channel is 'Channel that paid, by the payout it names or by its description';
comment on column ops.payout_bank.payout_id is 'Payout it pays; NULL where no file tells of one';
comment on column ops.payout_bank.match_rule is 'reference: the payout''s bank reference; payout_id: the reference holds its id; amount: equal amount in time';
comment on column ops.payout_bank.booked_date is 'Day of the booking';
comment on column ops.payout_bank.bank_amount is 'Signed: positive comes in';
comment on column ops.payout_bank.currency is 'ISO 4217';
comment on column ops.payout_bank.reference is 'Reference on the statement';
comment on column ops.payout_bank.named_payout_id is 'First number of six or more digits in the reference: the payout it may name';
