-- What in the payouts needs a person: a payout that does not add up or arrive, a line that nobody knows. Deposits of a
-- channel from before its files begin are listed too: no file can explain them, and none may vanish.
-- grain:  one row per kind × payout × order or line it is about
-- needs:  orders, shipments, payouts, payout_lines, bank, returns, stock_events, reimbursements
-- keys:   shop, kind, channel, subject_id
-- inputs: marts.payout_reconciliation, marts.payout_lines, marts.reserve_rollforward, marts.expected_payouts,
--   marts.refund_ties, ops.order_dues, ops.order_receipts, ops.payout_orphans, ops.payout_claim_*, settings.exception_types, settings.claims,
--   settings.people, settings.run

create or replace table marts.payout_exceptions as
with

payout_faults as (
    select
        status as kind,
        channel,
        payout_id,
        -- Of a payout whose total nobody states, all its lines are open.
        coalesce(difference_amount, -lines_total_amount) as amount,
        currency,
        coalesce(payout_date, booked_date, cast(period_end_at as date)) as since_date
    from marts.payout_reconciliation
    where status in ('file_missing', 'lines_differ', 'bank_missing', 'bank_differs')
    union all
    select
        'reserve_break' as kind,
        channel,
        payout_id,
        released_amount - opening_amount as amount,
        currency,
        cast(period_end_at as date) as since_date
    from marts.reserve_rollforward
    where not ties
),

line_faults as (
    select
        case when bucket = 'unclassified' then 'unclassified' else match_status end as kind,
        channel,
        payout_id,
        order_ref as order_id,
        case when bucket = 'unclassified' then coalesce(description, amount_type, type) end as suffix,
        currency,
        sum(amount) as amount,
        cast(min(posted_at) as date) as since_date
    from marts.payout_lines
    where bucket = 'unclassified' or match_status in ('paid_not_ordered', 'amount_differs')
    group by all
),

-- From the day of the first known payout on each by itself, the older ones together.
early_deposits as (
    select
        'before_files' as kind,
        channel,
        currency,
        case when is_since_first then booking_id else 'older' end as suffix,
        sum(bank_amount) as amount,
        min(booked_date) as since_date
    from ops.payout_orphans
    where is_before_files
    group by all
),

faults as (
    select
        *,
        concat_ws(' ', payout_id, currency) as subject_id
    from payout_faults
    union all by name
    select
        * exclude (suffix),
        concat_ws(' ', payout_id, currency, order_id, suffix) as subject_id
    from line_faults
    union all by name
    select
        * exclude (suffix),
        concat_ws(' ', currency, suffix) as subject_id
    from early_deposits
    union all by name
    -- One row for each channel and age: the orders themselves are in marts.expected_payouts.
    select
        'expected_unpaid' as kind,
        channel,
        sum(expected_amount) as amount,
        currency,
        min(order_date) as since_date,
        concat_ws(' ', currency, age_bucket) as subject_id
    from marts.expected_payouts
    where state = 'overdue'
    group by channel, currency, age_bucket
    union all by name
    -- More than a buyer on terms owed: it is the buyer's money until somebody says what it is for.
    select
        'overpaid' as kind,
        receipts.channel,
        receipts.order_id,
        sum(receipts.received_amount) - any_value(dues.gross_amount) as amount,
        receipts.currency,
        max(receipts.booked_date) as since_date,
        receipts.order_id as subject_id
    from ops.order_receipts as receipts
    inner join ops.order_dues as dues
        on
            receipts.channel = dues.channel and receipts.order_id = dues.order_id
            and receipts.currency = dues.currency
    where dues.owed_reason in ('owed', 'nothing_left')
    group by receipts.channel, receipts.order_id, receipts.currency
    having sum(receipts.received_amount) > any_value(dues.gross_amount)
    union all by name
    -- What a channel can be asked for, each kind by its own rule.
    select
        * exclude (subject_id),
        concat_ws(' ', payout_id, currency, subject_id) as subject_id
    from ops.payout_claim_all
    union all by name
    -- Refund, return and payout that do not agree.
    select
        status as kind,
        channel,
        order_id,
        case
            when status = 'return_without_refund' then returned_goods_amount
            else coalesce(nullif(payout_refund_amount, 0), refunded_amount)
        end as amount,
        currency,
        coalesce(cast(least(refunded_at, returned_at) as date), as_of - cast(age_days as integer)) as since_date,
        order_id as subject_id
    from marts.refund_ties
    where status not in ('tied', 'waiting')
)

select
    run.shop,
    run.business_date as as_of,
    faults.kind,
    faults.channel,
    faults.subject_id,
    faults.payout_id,
    faults.order_id,
    cast(faults.amount as decimal(18, 2)) as amount,
    faults.currency,
    cast(date_diff('day', faults.since_date, run.business_date) as bigint) as age_days,
    cast(faults.since_date + cast(claims.claim_days as integer) as date) as claim_by_date,
    claims.source as claim_source,
    people.answers as owner,
    exception_types.next_step,
    getvariable('rule_version') as rule_version
from faults
cross join settings.run
left join settings.exception_types on 'payout_' || faults.kind = exception_types.type
left join settings.claims
    on
        faults.channel = claims.channel and faults.kind = claims.kind
        and run.business_date >= claims.valid_from_date
        and (claims.valid_to_date is null or run.business_date <= claims.valid_to_date)
left join settings.people on coalesce(exception_types.role, 'finance') = people.role;

comment on column marts.payout_exceptions.kind is 'file_missing, lines_differ, bank_missing, bank_differs, reserve_break, unclassified, paid_not_ordered, amount_differs, expected_unpaid, overpaid, before_files, fee_out_of_contract, refund_fee_kept, promotion_not_funded, weight_tier, missing_reimbursement, refund_without_return, return_without_refund, refund_not_ordered or refund_not_paid_out';
comment on column marts.payout_exceptions.payout_id is 'Settlement or payout id; null of orders not yet paid, and of refunds and returns';
comment on column marts.payout_exceptions.order_id is 'Order as the line states it';
comment on column marts.payout_exceptions.amount is 'Money in question: what the lines do not explain, or the lines themselves';
comment on column marts.payout_exceptions.owner is 'Who answers today';
comment on column marts.payout_exceptions.next_step is 'What to do, by the exception''s type: "payout_" and the kind';
