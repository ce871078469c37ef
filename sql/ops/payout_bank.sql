-- Which booking on the bank accounts pays which payout; each booking is used once.
-- A booking that names the payout belongs to it whatever its amount. The rest are matched by amount and currency,
-- in date order, within the working days that a bank may take. Then one booking may pay several payouts in a row, or
-- several bookings one payout, where their sums agree and nothing else fits. Last, where one payout and one booking
-- are left that differ by little, a fee was kept on the way.
-- grain:  one row per booking of a channel and payout it pays
-- keys:   booking_id, part_no
-- inputs: core.payouts, core.payout_parts, core.bank_lines, settings.bank_descriptions, settings.bank_days, settings.stock

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

-- One that was put off to another day is no payout of its own.
parts as (
    select *
    from core.payout_parts
    semi join core.payouts using (channel, payout_id, currency)
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
    from parts
    where bank_reference is not null
    union distinct
    select
        channel,
        payout_id,
        payout_date,
        currency,
        'payout_id' as match_rule,
        folded(payout_id) as name
    from parts
    union distinct
    select
        channel,
        payout_id,
        payout_date,
        currency,
        'payout_id' as match_rule,
        regexp_replace(payout_id, '[^0-9]', '', 'g') as name
    from parts
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
        payout_names.currency,
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

-- What a channel's own file says has failed never left, and a part that is named is not looked for by its amount.
open_payouts as (
    select
        parts.channel,
        parts.payout_id,
        parts.part_no,
        parts.currency,
        parts.payout_amount as amount,
        bank_days.working_day_number,
        row_number() over (
            partition by parts.channel, parts.currency, parts.payout_amount
            order by parts.payout_date, parts.payout_id, parts.part_no
        ) as nth
    from parts
    inner join settings.bank_days on parts.payout_date = bank_days.day
    anti join by_name
        on
            parts.channel = by_name.channel and parts.payout_id = by_name.payout_id
            and parts.currency = by_name.currency
    where parts.payout_amount != 0 and coalesce(parts.state, '') not in ('failed', 'cancelled', 'canceled')
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
        open_payouts.currency,
        open_payouts.part_no
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

left_payouts as (
    select
        *,
        row_number() over (
            partition by channel, currency order by working_day_number, payout_id, part_no
        ) as place
    from open_payouts
    anti join by_amount using (channel, payout_id, currency, part_no)
),

left_bookings as (
    select
        *,
        row_number() over (partition by channel, currency order by working_day_number, booking_id) as place
    from open_bookings
    anti join by_amount using (booking_id)
),

-- Two to eight payouts in a row, close enough for one booking; and as many bookings for one payout.
payout_runs as (
    select
        channel,
        currency,
        place as first_place,
        place as last_place,
        working_day_number as first_day,
        working_day_number as last_day,
        amount
    from left_payouts
    union all
    select
        payout_runs.channel,
        payout_runs.currency,
        payout_runs.first_place,
        left_payouts.place as last_place,
        payout_runs.first_day,
        left_payouts.working_day_number as last_day,
        payout_runs.amount + left_payouts.amount as amount
    from payout_runs
    inner join left_payouts
        on
            payout_runs.channel = left_payouts.channel and payout_runs.currency = left_payouts.currency
            and payout_runs.last_place + 1 = left_payouts.place
    cross join settings.stock
    where
        left_payouts.working_day_number <= payout_runs.first_day + stock.bank_lag_days
        and payout_runs.last_place < payout_runs.first_place + 7
),

booking_runs as (
    select
        channel,
        currency,
        place as first_place,
        place as last_place,
        working_day_number as first_day,
        working_day_number as last_day,
        amount
    from left_bookings
    union all
    select
        booking_runs.channel,
        booking_runs.currency,
        booking_runs.first_place,
        left_bookings.place as last_place,
        booking_runs.first_day,
        left_bookings.working_day_number as last_day,
        booking_runs.amount + left_bookings.amount as amount
    from booking_runs
    inner join left_bookings
        on
            booking_runs.channel = left_bookings.channel and booking_runs.currency = left_bookings.currency
            and booking_runs.last_place + 1 = left_bookings.place
    cross join settings.stock
    where
        left_bookings.working_day_number <= booking_runs.first_day + stock.bank_lag_days
        and booking_runs.last_place < booking_runs.first_place + 7
),

-- Pairs of a booking and a payout; a group that shares a payout or a booking with another is in doubt and matches none.
grouped as (
    select
        left_bookings.booking_id,
        left_payouts.channel,
        left_payouts.payout_id,
        left_payouts.currency,
        left_payouts.part_no,
        left_payouts.amount,
        'several_payouts' as match_rule,
        concat_ws(' ', left_bookings.booking_id, payout_runs.first_place, payout_runs.last_place) as grp
    from payout_runs
    inner join left_bookings
        on
            payout_runs.channel = left_bookings.channel and payout_runs.currency = left_bookings.currency
            and payout_runs.amount = left_bookings.amount
    inner join left_payouts
        on
            payout_runs.channel = left_payouts.channel and payout_runs.currency = left_payouts.currency
            and left_payouts.place between payout_runs.first_place and payout_runs.last_place
    cross join settings.stock
    where
        payout_runs.last_place > payout_runs.first_place
        and left_bookings.working_day_number
        between payout_runs.last_day and payout_runs.first_day + stock.bank_lag_days
    union all
    select
        left_bookings.booking_id,
        left_payouts.channel,
        left_payouts.payout_id,
        left_payouts.currency,
        left_payouts.part_no,
        left_bookings.amount,
        'several_bookings' as match_rule,
        concat_ws(
            ' ', left_payouts.payout_id, left_payouts.part_no, booking_runs.first_place, booking_runs.last_place
        ) as grp
    from booking_runs
    inner join left_payouts
        on
            booking_runs.channel = left_payouts.channel and booking_runs.currency = left_payouts.currency
            and booking_runs.amount = left_payouts.amount
    inner join left_bookings
        on
            booking_runs.channel = left_bookings.channel and booking_runs.currency = left_bookings.currency
            and left_bookings.place between booking_runs.first_place and booking_runs.last_place
    cross join settings.stock
    where
        booking_runs.last_place > booking_runs.first_place
        and booking_runs.first_day >= left_payouts.working_day_number
        and booking_runs.last_day <= left_payouts.working_day_number + stock.bank_lag_days
),

doubted as (
    select
        *,
        count(distinct grp) over (partition by channel, currency, booking_id) > 1
        or count(distinct grp) over (partition by channel, currency, payout_id, part_no) > 1 as is_doubted
    from grouped
),

by_group as (
    select * exclude (is_doubted)
    from doubted
    qualify not bool_or(is_doubted) over (partition by channel, currency, match_rule, grp)
),

-- One left of each, within the days, and no more than a twentieth apart.
near as (
    select
        left_bookings.booking_id,
        left_payouts.channel,
        left_payouts.payout_id,
        left_payouts.currency,
        left_payouts.part_no,
        left_bookings.amount,
        left_payouts.amount as payout_amount
    from left_payouts
    anti join by_group using (channel, payout_id, currency, part_no)
    inner join left_bookings using (channel, currency)
    anti join by_group as paid on left_bookings.booking_id = paid.booking_id
    cross join settings.stock
    where
        left_bookings.working_day_number
        between left_payouts.working_day_number and left_payouts.working_day_number + stock.bank_lag_days
    qualify
        count(*) over (partition by left_bookings.booking_id) = 1
        and count(*) over (
            partition by left_payouts.channel, left_payouts.currency, left_payouts.payout_id, left_payouts.part_no
        ) = 1
),

-- Of a channel whose deposits the shop file gives no name, the only booking without one of just its amount.
unnamed as (
    select
        bookings.booking_id,
        open_payouts.channel,
        open_payouts.payout_id,
        open_payouts.amount
    from open_payouts
    anti join settings.bank_descriptions as described on open_payouts.channel = described.channel
    inner join bookings
        on
            open_payouts.currency = bookings.currency and open_payouts.amount = bookings.amount
            and bookings.channel is null
    inner join settings.bank_days on bookings.booked_date = bank_days.day
    anti join by_name on bookings.booking_id = by_name.booking_id
    cross join settings.stock
    where
        bank_days.working_day_number
        between open_payouts.working_day_number and open_payouts.working_day_number + stock.bank_lag_days
    qualify
        count(*) over (partition by bookings.booking_id) = 1
        and count(*) over (
            partition by open_payouts.channel, open_payouts.currency, open_payouts.payout_id, open_payouts.part_no
        ) = 1
),

matches as (
    select
        booking_id,
        channel,
        payout_id,
        cast(null as decimal(18, 2)) as amount,
        match_rule
    from by_name
    union all
    select
        booking_id,
        channel,
        payout_id,
        cast(null as decimal(18, 2)) as amount,
        'amount' as match_rule
    from by_amount
    union all
    select
        booking_id,
        channel,
        payout_id,
        amount,
        match_rule
    from by_group
    union all
    select
        booking_id,
        channel,
        payout_id,
        amount,
        'unnamed' as match_rule
    from unnamed
    union all
    select
        booking_id,
        channel,
        payout_id,
        amount,
        'near' as match_rule
    from near
    where abs(amount - payout_amount) * 20 <= abs(payout_amount)
),

-- A payout of which one booking pays several parts is one share of it.
shares as (
    select
        booking_id,
        channel,
        payout_id,
        any_value(match_rule) as match_rule,
        sum(amount) as amount
    from matches
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
    nullif(regexp_extract(bookings.reference, '[0-9]{6,}'), '') as named_payout_id
from bookings
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
comment on column ops.payout_bank.match_rule is 'reference: the payout''s bank reference; payout_id: the reference holds its id; amount: equal amount in time; several_payouts, several_bookings: equal sums in time; near: the only pair left in time, little apart; unnamed: equal amount in time, of a channel whose deposits have no name in the shop file';
comment on column ops.payout_bank.bank_amount is 'What it pays of this payout; positive comes in';
