-- Every order, who owes its money, and what became of it: paid, still expected, or why nobody owes anything.
-- grain:  one row per counted order
-- needs:  orders, shipments, payouts, payout_lines, bank
-- keys:   shop, channel, order_id
-- inputs: ops.order_dues, ops.order_receipts, marts.expected_payouts, marts.payout_lines, settings.run

create or replace table marts.order_claims as
with

-- What its payouts hold of the order, fees and refunds too; what is pending is not paid yet.
paid as (
    select
        channel,
        order_id,
        currency,
        sum(amount) as amount,
        bool_or(bucket = 'sale') as has_sale
    from marts.payout_lines
    where order_id is not null and payout_id != 'pending ' || currency
    group by channel, order_id, currency
),

receipts as (
    select
        channel,
        order_id,
        sum(received_amount) as amount
    from ops.order_receipts
    group by channel, order_id
)

select
    run.shop,
    run.business_date as as_of,
    dues.channel,
    dues.order_id,
    dues.business_date as order_date,
    dues.payment_method,
    dues.payer,
    dues.gross_amount,
    dues.expected_fees_amount,
    case
        when paid.amount is not null or receipts.amount is not null
            then cast(coalesce(paid.amount, 0) + coalesce(receipts.amount, 0) as decimal(18, 2))
    end as received_amount,
    dues.currency,
    case
        when expected.order_id is not null then expected.state
        when paid.has_sale or receipts.amount is not null then 'paid'
        when dues.owed_reason != 'owed' then 'not_owed'
        else 'before_payouts'
    end as state,
    coalesce(expected.reason, nullif(dues.owed_reason, 'owed')) as reason,
    getvariable('rule_version') as rule_version,
    dues.source_file_id
from ops.order_dues as dues
left join marts.expected_payouts as expected
    on dues.channel = expected.channel and dues.order_id = expected.order_id
left join paid on dues.channel = paid.channel and dues.order_id = paid.order_id and dues.currency = paid.currency
left join receipts on dues.channel = receipts.channel and dues.order_id = receipts.order_id
cross join settings.run;

comment on column marts.order_claims.gross_amount is 'What the payer owes before its fees, of the order as it is now';
comment on column marts.order_claims.received_amount is 'What payouts and bookings hold of it so far, less fees and refunds; null where none does';
comment on column marts.order_claims.state is 'due, overdue or deferred, as in expected_payouts; paid; not_owed; before_payouts: from before the first that its payer reported';
comment on column marts.order_claims.reason is 'Why nobody owes anything, or why it is not known whether it was paid; else null';
comment on column marts.order_claims.source_file_id is 'Landed file of the order';
