-- What the accountant books: each payout whose lines add up, by month, against what the channel owes.
-- A bucket is an account. The balance of a month goes to the channel's clearing account, and the bank's booking takes it
-- out again, on the day of each booking: what stays in clearing is on its way, or missing. A payout that does not add up
-- is not posted.
-- grain:  one row per posting
-- needs:  orders, payouts, payout_lines, bank
-- keys:   shop, journal_id, account
-- inputs: marts.payout_reconciliation, marts.payout_lines, ops.payout_bank, settings.channels, settings.run

create or replace table marts.journal_entries as
with

posted as (
    select
        channel,
        payout_id,
        currency,
        payout_date,
        coalesce(cast(period_end_at as date), payout_date) as closed_date
    from marts.payout_reconciliation
    where status not in ('file_missing', 'lines_differ', 'scheduled')
),

month_amounts as (
    select
        posted.channel,
        posted.payout_id,
        posted.currency,
        posted.closed_date,
        cast(date_trunc('month', coalesce(
            posted_day(payout_lines.posted_at, channels.timezone, run.timezone), posted.closed_date
        )) as date) as month_date,
        case
            when payout_lines.bucket in ('reserve_held', 'reserve_released') then 'reserve' else payout_lines.bucket
        end
            as account,
        payout_lines.amount
    from marts.payout_lines
    inner join posted
        on
            payout_lines.channel = posted.channel and payout_lines.payout_id = posted.payout_id
            and payout_lines.currency = posted.currency
    left join settings.channels on payout_lines.channel = channels.channel
    cross join settings.run
    -- A debt that was carried over is in clearing since the payout before: it is not booked twice.
    where payout_lines.bucket != 'carried_over'
),

earned as (
    select
        channel,
        payout_id,
        currency,
        month_date,
        account,
        -- The last day of the month, or the day the payout closed if that is earlier.
        least(last_day(month_date), greatest(max(closed_date), month_date)) as entry_date,
        sum(amount) as amount
    from month_amounts
    group by channel, payout_id, currency, month_date, account
),

cleared as (
    select
        channel,
        payout_id,
        currency,
        month_date,
        'clearing ' || channel as account,
        max(entry_date) as entry_date,
        -sum(amount) as amount
    from earned
    group by channel, payout_id, currency, month_date
),

-- One payout may come in several bookings, on both sides of a month's end.
booked as (
    select
        channel,
        payout_id,
        currency,
        payout_bank.booked_date as entry_date,
        sum(payout_bank.bank_amount) as amount,
        concat_ws(
            ' ', 'bank',
            case
                when entry_date != min(entry_date) over (partition by channel, payout_id, currency) then entry_date
            end
        ) as part
    from posted
    inner join ops.payout_bank using (channel, payout_id, currency)
    group by channel, payout_id, currency, payout_bank.booked_date
),

-- Credits are positive from here on: income is, and so is what clearing gives to the bank.
postings as (
    select
        *,
        strftime(month_date, '%Y-%m') as part,
        'Lines of ' || strftime(month_date, '%Y-%m') as what
    from earned
    union all by name
    select
        *,
        strftime(month_date, '%Y-%m') as part,
        'Owed by the channel for ' || strftime(month_date, '%Y-%m') as what
    from cleared
    union all by name
    select
        channel,
        payout_id,
        currency,
        'clearing ' || channel as account,
        entry_date,
        amount,
        part,
        'Paid by the channel' as what
    from booked
    union all by name
    select
        channel,
        payout_id,
        currency,
        'bank ' || currency as account,
        entry_date,
        -amount as amount,
        part,
        'Received' as what
    from booked
)

select
    run.shop,
    concat_ws('-', postings.channel, postings.payout_id, postings.currency, postings.part) as journal_id,
    postings.entry_date,
    postings.account,
    cast(greatest(-postings.amount, 0) as decimal(18, 2)) as debit_amount,
    cast(greatest(postings.amount, 0) as decimal(18, 2)) as credit_amount,
    postings.currency,
    postings.what || ': ' || postings.channel || ' ' || postings.payout_id as memo,
    postings.channel,
    postings.payout_id,
    getvariable('rule_version') as rule_version
from postings
cross join settings.run
where postings.amount != 0;

comment on column marts.journal_entries.account is 'Bucket, reserve, clearing of the channel, or bank of the currency';
