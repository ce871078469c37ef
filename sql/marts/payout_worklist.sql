-- What in the payouts needs a person, worst first, each with its next step and what it most likely is.
-- Worst is what most money is in question for, in the shop's currency; a cent is worth a cent, and comes last. A likely
-- match is a guess for a person to confirm: nothing is booked by it. Of several the nearest in time is shown.
-- grain:  one row per row of marts.payout_exceptions
-- keeps:  marts.payout_exceptions by kind, channel, subject_id; sum amount; money amount
-- needs:  orders, shipments, payouts, payout_lines, bank, returns, stock_events, reimbursements
-- keys:   shop, kind, channel, subject_id
-- inputs: marts.payout_exceptions, marts.payout_reconciliation, marts.payout_lines, core.orders, core.order_lines,
--   core.returns, ops.payout_orphans, settings.rates

create or replace table marts.payout_worklist as
with

work as (
    select
        *,
        as_of - cast(age_days as integer) as since_date
    from marts.payout_exceptions
),

-- An order of the same amount that no payout has, for a line that names an order nobody knows.
paid_orders as (
    select distinct
        channel,
        order_id
    from marts.payout_lines
    where order_id is not null
),

order_guesses as (
    select
        work.kind,
        work.channel,
        work.subject_id,
        'order ' || orders.order_id as likely_match,
        'it is over the same amount, was placed on '
        || orders.business_date
        || ', and is in no payout' as likely_because,
        abs(date_diff('day', orders.business_date, work.since_date)) as days_apart
    from work
    inner join core.orders
        on
            work.channel = orders.channel and work.currency = orders.currency
            and work.amount in (orders.total_amount, orders.subtotal_amount)
    anti join paid_orders on orders.channel = paid_orders.channel and orders.order_id = paid_orders.order_id
    where
        work.kind = 'paid_not_ordered' and orders.is_counted
        and abs(date_diff('day', orders.business_date, work.since_date)) <= payout_halves_days()
),

-- A booking that no payout explains, near the payout's amount, or of exactly what is missing of it.
bank_guesses as (
    select
        work.kind,
        work.channel,
        work.subject_id,
        'booking of '
        || orphans.booked_date
        || ' over '
        || orphans.bank_amount
        || ' '
        || orphans.currency as likely_match,
        case
            when work.kind = 'bank_differs' then 'it is exactly what is missing, and no payout explains it'
            else 'it is ' || abs(orphans.bank_amount - payouts.payout_amount) || ' apart, and no payout explains it'
        end as likely_because,
        abs(date_diff('day', payouts.payout_date, orphans.booked_date)) as days_apart
    from work
    inner join marts.payout_reconciliation as payouts
        on
            work.channel = payouts.channel and work.payout_id = payouts.payout_id
            and work.currency = payouts.currency
    inner join ops.payout_orphans as orphans
        on payouts.channel = orphans.channel and payouts.currency = orphans.currency
    where
        (
            work.kind = 'bank_missing'
            and abs(orphans.bank_amount - payouts.payout_amount) <= abs(payouts.payout_amount) * payout_booking_rate()
        )
        or (work.kind = 'bank_differs' and orphans.bank_amount = -payouts.difference_amount)
),

window_guesses as (
    select
        work.kind,
        work.channel,
        work.subject_id,
        case
            when payouts.period_start_at is not null
                then
                    'settlement of ' || cast(payouts.period_start_at as date) || ' to '
                    || cast(payouts.period_end_at as date)
            else 'settlement ' || payouts.payout_id
        end as likely_match,
        case
            when payouts.period_start_at is not null
                then 'no settlement covers this window, and the bank was paid for it'
            else 'the bank names it, and no file of it came'
        end as likely_because,
        0 as days_apart
    from work
    inner join marts.payout_reconciliation as payouts
        on
            work.channel = payouts.channel and work.payout_id = payouts.payout_id
            and work.currency = payouts.currency
    where
        work.kind = 'file_missing'
        and (payouts.period_start_at is not null or not starts_with(payouts.payout_id, 'missing '))
),

-- A refund line of the same amount that is matched to no order.
refund_guesses as (
    select
        work.kind,
        work.channel,
        work.subject_id,
        'line ' || payout_lines.line_no || ' of payout ' || payout_lines.payout_id as likely_match,
        'it is a refund over the same amount, and of no order' as likely_because,
        abs(date_diff('day', work.since_date, cast(payout_lines.posted_at as date))) as days_apart
    from work
    inner join marts.payout_lines
        on
            work.channel = payout_lines.channel and work.currency = payout_lines.currency
            and work.amount = -payout_lines.amount
    where work.kind = 'refund_not_paid_out' and payout_lines.bucket = 'refund' and payout_lines.order_id is null
),

-- A return whose order nobody knows, of a SKU of the order.
return_guesses as (
    select
        work.kind,
        work.channel,
        work.subject_id,
        concat_ws(' ', 'return', returns.return_id, 'of', returns.returned_date) as likely_match,
        'it is of ' || returns.sku || ', which the order has, and of no known order' as likely_because,
        abs(date_diff('day', work.since_date, returns.returned_date)) as days_apart
    from work
    inner join core.order_lines on work.channel = order_lines.channel and work.order_id = order_lines.order_id
    inner join core.returns on work.channel = returns.channel and order_lines.sku = returns.sku
    where
        work.kind = 'refund_without_return' and returns.order_id is null and returns.returned_units > 0
        and abs(date_diff('day', work.since_date, returns.returned_date)) <= payout_age_days()[2]
),

guesses as (
    from order_guesses
    union all
    from bank_guesses
    union all
    from window_guesses
    union all
    from refund_guesses
    union all
    from return_guesses
),

nearest as (
    select *
    from guesses
    qualify row_number() over (partition by kind, channel, subject_id order by days_apart, likely_match) = 1
)

select
    work.shop,
    work.as_of,
    row_number() over (
        order by
            cast(abs(work.amount) / rates.rate as decimal(18, 2)) desc nulls first, work.age_days desc nulls last,
            work.kind asc, work.channel asc, work.subject_id asc
    ) as rank_no,
    work.kind,
    work.channel,
    work.subject_id,
    work.payout_id,
    work.order_id,
    work.amount,
    work.currency,
    work.age_days,
    work.owner,
    work.next_step,
    nearest.likely_match,
    nearest.likely_because,
    getvariable('rule_version') as rule_version
from work
left join settings.rates using (currency)
left join nearest using (kind, channel, subject_id);

comment on column marts.payout_worklist.kind is 'As in payout_exceptions';
comment on column marts.payout_worklist.payout_id is 'Settlement or payout id; null of orders not yet paid, and of refunds and returns';
comment on column marts.payout_worklist.order_id is 'Order as the line states it';
comment on column marts.payout_worklist.amount is 'Money in question: what the lines do not explain, or the lines themselves';
comment on column marts.payout_worklist.owner is 'Who answers today';
comment on column marts.payout_worklist.next_step is 'What to do, by the exception''s type: "payout_" and the kind';
