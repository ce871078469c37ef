-- Payouts that no file reports, but a gap between windows or a booking does.
-- grain:  one row per gap, and per payout of a channel that such a booking names or day on which it came
-- keys:   channel, payout_id, currency
-- inputs: core.payouts, ops.payout_buckets, ops.payout_gaps, ops.payout_orphans

create or replace table ops.payout_missing as
with

orphans as (
    select
        channel,
        currency,
        period_start_at,
        period_end_at,
        bank_amount,
        booked_date,
        named_payout_id,
        case when period_start_at is null then coalesce(named_payout_id, 'missing ' || booked_date) end as found_id
    from ops.payout_orphans
    where not is_before_files
),

-- A gap without a booking is missing too. Several bookings within one gap are one payout.
missing as (
    select
        channel,
        currency,
        period_start_at,
        period_end_at,
        case
            when orphans.found_id is not null then orphans.found_id
            when count(orphans.booked_date) = 1 and min(orphans.named_payout_id) is not null
                then min(orphans.named_payout_id)
            else 'missing ' || strftime(timezone('UTC', period_start_at), '%Y-%m-%d')
        end as payout_id,
        sum(orphans.bank_amount) as bank_amount,
        max(orphans.booked_date) as booked_date
    from ops.payout_gaps
    full outer join orphans using (channel, currency, period_start_at, period_end_at)
    group by channel, currency, period_start_at, period_end_at, orphans.found_id
),

taken as (
    select
        channel,
        payout_id,
        currency
    from core.payouts
    union distinct
    select
        channel,
        payout_id,
        currency
    from ops.payout_buckets
)

-- A name that is taken already (a booking in another currency, a second gap) is not given again.
select
    channel,
    case
        when
            taken.payout_id is not null
            or row_number() over (partition by channel, payout_id, currency order by missing.period_start_at) > 1
            then 'missing ' || payout_id || ' ' || coalesce(missing.booked_date || '', 'gap')
        else payout_id
    end as payout_id,
    currency,
    missing.period_start_at,
    missing.period_end_at,
    cast(missing.bank_amount as decimal(18, 2)) as bank_amount,
    missing.booked_date
from missing
left join taken using (channel, payout_id, currency);

comment on column ops.payout_missing.payout_id is 'Payout that the booking names; else "missing" and its day';
comment on column ops.payout_missing.bank_amount is 'Sum of the bookings that pay it; null of a gap without a booking';
comment on column ops.payout_missing.booked_date is 'Day of the last booking that pays it';
