-- Orders whose payer still owes us their money: the channel, a payment provider, or a buyer on terms (ops.order_dues).
-- An order is paid when a payout holds it, or when what the bank received in its name is all of it. Expected are orders
-- since the payer's payouts begin; of a payer of whom nothing was ever reported all are, and nobody knows whether they
-- are late. A payment method that no word names is expected where the channel's payouts have paid it before. The day is
-- the order's plus its own terms, else the days that the shop file states for the channel, else the payer's usual
-- (median) lag; overdue is what waits longer than its terms, else than stated and than 95 of 100 paid orders did;
-- deferred is what is not shipped, where the payer pays only after shipment, and what the channel's own report says it
-- holds (ops.held_orders): that is late only where the channel has not said so for longer. What a channel's file lists as
-- waiting for its payout is expected as the channel says, whether its order is known or not. Nothing is late that nobody could have
-- seen: what is overdue is so by the day to which the payer's own reports, or the bank statements, reach.
-- grain:  one row per order not yet paid out
-- needs:  orders, shipments, payouts, payout_lines, bank
-- keys:   shop, channel, order_id
-- inputs: core.payouts, ops.order_dues, ops.held_orders, ops.order_receipts, ops.bank_statements, marts.payout_lines, landing.files,
--   landing.sightings, settings.exports, settings.export_tables, settings.channels, settings.run

create or replace table marts.expected_payouts as
with

orders as (
    select
        *,
        coalesce(payer, 'channel') as paid_by
    from ops.order_dues
    where owed_reason in ('owed', 'unknown_method', 'nothing_left')
),

receipts as (
    select
        channel,
        order_id,
        sum(received_amount) as received_amount,
        min(booked_date) as booked_date
    from ops.order_receipts
    group by channel, order_id
),

paid_orders as (
    select
        payout_lines.channel,
        payout_lines.order_id,
        min(payouts.payout_date) as payout_date,
        min(payout_lines.posted_at) as posted_at
    from marts.payout_lines
    left join core.payouts using (channel, payout_id)
    where
        payout_lines.bucket = 'sale' and payout_lines.order_id is not null
        and payout_lines.payout_id != 'pending ' || payout_lines.currency
    group by payout_lines.channel, payout_lines.order_id
    union all
    select
        channel,
        order_id,
        receipts.booked_date as payout_date,
        cast(receipts.booked_date as timestamptz) as posted_at
    from receipts
    inner join orders using (channel, order_id)
    where receipts.received_amount >= orders.gross_amount
),

waiting as (
    select
        channel,
        coalesce(order_id, order_ref) as order_id,
        currency,
        sum(amount) as amount,
        cast(min(posted_at) as date) as posted_date,
        min(source_file_id) as source_file_id
    from marts.payout_lines
    where payout_id = 'pending ' || currency and coalesce(order_id, order_ref) is not null
    group by channel, coalesce(order_id, order_ref), currency
),

paid_methods as (
    select distinct
        orders.channel,
        coalesce(orders.payment_method, '') as payment_method
    from orders
    inner join paid_orders using (channel, order_id)
),

habits as (
    select
        orders.channel,
        orders.paid_by,
        cast(quantile_disc(date_diff('day', orders.business_date, paid_orders.payout_date), 0.5) as integer)
            as usual_lag_days,
        cast(quantile_disc(
            date_diff('day', orders.business_date, paid_orders.payout_date), payout_overdue_rate()
        ) as integer) as longest_lag_days,
        cast(min(paid_orders.posted_at) as date) as first_date,
        coalesce(quantile_disc(date_diff('minute', orders.shipped_at, paid_orders.posted_at), 0.5) >= 0, false)
            as is_paid_after_shipment
    from orders
    inner join paid_orders using (channel, order_id)
    group by orders.channel, orders.paid_by
),

first_lines as (
    select
        channel,
        cast(min(posted_at) as date) as posted_date
    from marts.payout_lines
    group by channel
),

banks as (
    select min(first_date) as first_date
    from ops.bank_statements
),

payers as (
    select distinct
        channel,
        paid_by
    from orders
),

-- The day to which each platform's payouts, and the bank's bookings, are known.
reports as (
    select
        exports.platform,
        cast(timezone(any_value(run.timezone), max(greatest(files.exported_at, sightings.seen_at))) as date)
            as known_to_date
    from landing.files
    inner join settings.exports using (report)
    inner join settings.export_tables using (report)
    left join landing.sightings using (file_id)
    cross join settings.run
    where
        files.status = 'accepted' and export_tables.loaded_table in ('payouts', 'payout_lines', 'bank_lines')
    group by exports.platform
),

-- What the shop file states holds until an order is paid, once the channel's payouts have begun.
lags as (
    select
        payers.channel,
        payers.paid_by,
        coalesce(stated.settlement_days, habits.usual_lag_days) as usual_lag_days,
        -- What buyers pay is known from the first day of the bank statements on, not from the first payment.
        coalesce(banks.first_date, habits.first_date, first_lines.posted_date) as known_from_date,
        -- Before anything is reported of a payer, nothing of it can be late.
        case when known_from_date is not null then greatest(stated.settlement_days, habits.longest_lag_days) end
            as longest_lag_days,
        coalesce(habits.is_paid_after_shipment, false) as is_paid_after_shipment,
        habits.channel is null as has_paid_none,
        reports.known_to_date
    from payers
    left join habits using (channel, paid_by)
    left join settings.channels using (channel)
    left join reports
        on
            case payers.paid_by when 'channel' then channels.platform when 'buyer' then 'bank' else payers.paid_by end
            = reports.platform
    -- What another than the channel pays does not come on the channel's day.
    left join settings.channels as stated
        on payers.channel = stated.channel and payers.paid_by in ('channel', 'buyer')
    left join first_lines on payers.channel = first_lines.channel and payers.paid_by = 'channel'
    left join banks on payers.paid_by = 'buyer'
),

expected as (
    select
        orders.channel,
        orders.order_id,
        orders.business_date,
        orders.paid_by,
        orders.gross_amount - coalesce(receipts.received_amount, 0) as gross_amount,
        orders.expected_fees_amount,
        orders.currency,
        orders.net_terms_days,
        lags.is_paid_after_shipment and orders.shipped_at is null and orders.state != 'shipped' as is_deferred,
        false as is_waiting,
        cast(null as date) as stated_date,
        cast(null as date) as released_date,
        orders.source_file_id
    from orders
    inner join lags using (channel, paid_by)
    left join receipts using (channel, order_id)
    left join paid_methods
        on
            orders.channel = paid_methods.channel
            and coalesce(orders.payment_method, '') = paid_methods.payment_method
    anti join paid_orders on orders.channel = paid_orders.channel and orders.order_id = paid_orders.order_id
    where
        (lags.known_from_date is null or orders.business_date >= lags.known_from_date)
        and (
            orders.owed_reason = 'owed'
            or (orders.owed_reason = 'unknown_method' and paid_methods.channel is not null)
            or (
                orders.owed_reason = 'unknown_method' and lags.has_paid_none
                and lags.usual_lag_days is not null and lags.known_from_date is not null
            )
        )
    union all
    select
        channel,
        order_id,
        coalesce(orders.business_date, waiting.posted_date) as business_date,
        coalesce(orders.paid_by, 'channel') as paid_by,
        waiting.amount as gross_amount,
        null as expected_fees_amount,
        waiting.currency,
        null as net_terms_days,
        false as is_deferred,
        true as is_waiting,
        null as stated_date,
        null as released_date,
        waiting.source_file_id
    from waiting
    left join orders using (channel, order_id)
    union all
    select
        channel,
        order_id,
        coalesce(orders.business_date, held.posted_date, held.stated_date) as business_date,
        coalesce(orders.paid_by, 'channel') as paid_by,
        held.amount as gross_amount,
        null as expected_fees_amount,
        held.currency,
        null as net_terms_days,
        held.is_held as is_deferred,
        true as is_waiting,
        held.stated_date,
        held.released_date,
        held.source_file_id
    from ops.held_orders as held
    left join orders using (channel, order_id)
),

-- The channel's own word of what it will pay comes before the order's total.
dated as (
    select
        run.shop,
        run.business_date as as_of,
        expected.*,
        expected.gross_amount - coalesce(expected.expected_fees_amount, 0) as expected_amount,
        coalesce(
            expected.released_date,
            expected.business_date + cast(coalesce(expected.net_terms_days, lags.usual_lag_days) as integer)
        ) as expected_by_date,
        date_diff('day', expected.business_date, run.business_date) as age_days,
        -- Before anything is reported of a payer nobody knows whether it is late, whatever its terms.
        case when lags.known_from_date is not null then coalesce(expected.net_terms_days, lags.longest_lag_days) end
            as longest_lag_days,
        date_diff(
            'day', coalesce(expected.stated_date, expected.business_date), least(lags.known_to_date, run.business_date)
        ) as known_age_days
    from expected
    left join lags using (channel, paid_by)
    cross join settings.run
    qualify row_number() over (
        partition by expected.channel, expected.order_id
        order by expected.is_waiting desc, expected.gross_amount desc, expected.currency asc
    ) = 1
)

select
    shop,
    as_of,
    channel,
    order_id,
    business_date as order_date,
    paid_by as payer,
    cast(gross_amount as decimal(18, 2)) as gross_amount,
    cast(expected_fees_amount as decimal(18, 2)) as expected_fees_amount,
    cast(expected_amount as decimal(18, 2)) as expected_amount,
    currency,
    case when is_deferred then greatest(expected_by_date, as_of) else expected_by_date end as expected_by_date,
    cast(age_days as bigint) as age_days,
    case
        when age_days <= payout_age_days()[1] then '0-' || payout_age_days()[1]
        when age_days <= payout_age_days()[2] then payout_age_days()[1] + 1 || '-' || payout_age_days()[2]
        when age_days <= payout_age_days()[3] then payout_age_days()[2] + 1 || '-' || payout_age_days()[3]
        else '>' || payout_age_days()[3]
    end as age_bucket,
    case
        when is_deferred and (stated_date is null or not coalesce(known_age_days > longest_lag_days, false))
            then 'deferred'
        when known_age_days > longest_lag_days then 'overdue'
        else 'due'
    end as state,
    case
        when longest_lag_days is null and not is_waiting then 'no_payout_reported'
        when not is_deferred and age_days > longest_lag_days and known_age_days <= longest_lag_days
            then 'no_report_since'
    end as reason,
    getvariable('rule_version') as rule_version,
    source_file_id
from dated
where expected_amount > 0;

comment on column marts.expected_payouts.age_days is 'Days since the order';
comment on column marts.expected_payouts.gross_amount is 'What is owed before the payer''s fees; where the channel lists it as waiting, what it says it will pay';
comment on column marts.expected_payouts.reason is 'no_payout_reported: nothing of this payer was ever reported, so whether it has paid, or is late, is not known; no_report_since: it should have paid by now, and no report reaches that day; else null';
comment on column marts.expected_payouts.state is 'due; overdue: older than stated and than 95 of 100 paid orders were, as far as reports reach; deferred: not shipped where payment follows shipment, or held by the channel''s own word';
comment on column marts.expected_payouts.source_file_id is 'Landed file of the order';
