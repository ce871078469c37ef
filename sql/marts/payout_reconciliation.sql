-- Each payout to the cent: its lines by bucket, its total, the bank, and what is left to explain.
-- What failed to arrive and is paid again may be in the total alone, without a line: it was earned before, with the payout
-- that failed.
-- A payout whose day nobody says is due from the end of its window on; without either nobody knows that it is late.
-- A payout that no file reports, but a gap between windows or a booking does, has a row too.
-- grain:  one row per payout (and currency, should its lines be in a second one)
-- keeps:  core.payouts by channel, payout_id, currency; money payout_amount
-- keeps:  marts.payout_lines by channel, payout_id, currency; sum amount = lines_total_amount; money amount
-- needs:  orders, payouts, payout_lines, bank
-- keys:   shop, channel, payout_id, currency
-- inputs: core.payouts, marts.payout_lines, ops.payout_buckets, ops.payout_bank, ops.payout_missing, ops.payout_carried,
--   ops.bank_statements, settings.run, settings.stock, settings.bank_days

create or replace table marts.payout_reconciliation as
with

unexplained as (
    select
        channel,
        payout_id,
        currency,
        case
            when not bool_or(match_status = 'no_orders')
                then sum_where(amount, match_status = 'paid_not_ordered')
        end as unmatched_amount,
        min(posted_at) filter (
            where match_status = 'paid_not_ordered' or bucket = 'unclassified'
        ) as oldest_open_at
    from marts.payout_lines
    group by channel, payout_id, currency
),

bank_totals as (
    select
        channel,
        payout_id,
        currency,
        sum(bank_amount) as bank_amount,
        max(booked_date) as booked_date
    from ops.payout_bank
    where payout_id is not null
    group by channel, payout_id, currency
),

reported as (
    select
        channel,
        payout_id,
        currency,
        payouts.period_start_at,
        payouts.period_end_at,
        payouts.payout_date,
        payouts.state,
        payouts.payout_amount,
        payouts.retried_amount,
        payouts.source_file_id,
        buckets.* exclude (channel, payout_id, currency),
        unexplained.unmatched_amount,
        unexplained.oldest_open_at,
        bank_totals.bank_amount,
        bank_totals.booked_date
    from core.payouts
    full outer join ops.payout_buckets as buckets using (channel, payout_id, currency)
    left join unexplained using (channel, payout_id, currency)
    left join bank_totals using (channel, payout_id, currency)
),

payouts as (
    select
        * replace (
            case when payout_amount - coalesce(lines_total_amount, 0) = retried_amount then retried_amount else 0 end
                as retried_amount
        )
    from reported
    union all by name
    select
        *,
        bank_amount as payout_amount,
        0 as retried_amount
    from ops.payout_missing
),

judged as (
    select
        payouts.*,
        run.shop,
        run.business_date,
        payouts.payout_id = 'pending ' || payouts.currency as is_pending,
        case
            -- No payout holds these lines yet.
            when is_pending and payouts.payout_amount is null then 'scheduled'
            when
                payouts.state in ('scheduled', 'pending') and payouts.lines is null
                and coalesce(payouts.payout_date, run.business_date) >= run.business_date
                then 'scheduled'
            when
                payouts.payout_amount is null
                or (payouts.lines is null and payouts.payout_amount != payouts.retried_amount)
                then 'file_missing'
            when
                abs(payouts.payout_amount - coalesce(payouts.lines_total_amount, 0) - payouts.retried_amount)
                > stock.payout_tolerance_amount
                then 'lines_differ'
            when carried.is_carried_over or carried.is_retried then 'carried_over'
            when
                payouts.payout_date > run.business_date
                or (
                    payouts.state in ('scheduled', 'pending')
                    and coalesce(payouts.payout_date, run.business_date) = run.business_date
                )
                then 'scheduled'
            -- Nothing is due: there is no booking to wait for.
            when payouts.payout_amount = 0 or payouts.bank_amount = payouts.payout_amount then 'reconciled'
            when payouts.bank_amount is not null then 'bank_differs'
            when
                coalesce(payouts.state, '') not in ('failed', 'cancelled')
                and (
                    today.working_day_number - paid.working_day_number <= stock.bank_lag_days
                    -- No statement of this currency covers the days on which it should have come.
                    or covered.working_day_number is null
                    or paid.working_day_number is null
                    or covered.working_day_number - paid.working_day_number < stock.bank_lag_days
                    -- A debt waits for the settlement that carries it.
                    or carried.is_awaiting_next
                )
                then 'in_transit'
            else 'bank_missing'
        end as status
    from payouts
    cross join settings.run
    cross join settings.stock
    left join ops.payout_carried as carried
        on
            payouts.channel = carried.channel and payouts.payout_id = carried.payout_id
            and payouts.currency = carried.currency
    left join settings.bank_days as paid
        on coalesce(payouts.payout_date, cast(payouts.period_end_at as date)) = paid.day
    left join ops.bank_statements on payouts.currency = bank_statements.currency
    left join settings.bank_days as covered on bank_statements.last_date = covered.day
    left join settings.bank_days as today on run.business_date = today.day
)

select
    shop,
    business_date as as_of,
    channel,
    payout_id,
    period_start_at,
    period_end_at,
    payout_date,
    booked_date,
    currency,
    coalesce(lines, 0) as lines,
    sale_amount,
    refund_amount,
    shipping_amount,
    gift_wrap_amount,
    tax_collected_amount,
    tax_withheld_amount,
    promotion_amount,
    commission_amount,
    fulfilment_fee_amount,
    storage_amount,
    advertising_amount,
    subscription_amount,
    other_fee_amount,
    chargeback_amount,
    reimbursement_amount,
    reserve_held_amount,
    reserve_released_amount,
    carried_over_amount,
    transfer_amount,
    adjustment_amount,
    unclassified_amount,
    lines_total_amount,
    cast(retried_amount as decimal(18, 2)) as retried_amount,
    cast(payout_amount as decimal(18, 2)) as payout_amount,
    cast(bank_amount as decimal(18, 2)) as bank_amount,
    cast(
        case
            when status in ('reconciled', 'bank_differs', 'bank_missing') then coalesce(bank_amount, 0)
            -- Where neither states a total, nobody knows what the lines leave open.
            else coalesce(bank_amount, payout_amount)
        end - coalesce(lines_total_amount, 0) - retried_amount as decimal(18, 2)
    ) as difference_amount,
    unmatched_amount,
    status,
    cast(date_diff('day', least(
        case
            when status not in ('reconciled', 'carried_over', 'scheduled')
                then coalesce(payout_date, booked_date, cast(period_end_at as date))
        end,
        case when not is_pending then cast(oldest_open_at as date) end
    ), business_date) as bigint) as oldest_open_days,
    getvariable('rule_version') as rule_version,
    source_file_id
from judged;

comment on column marts.payout_reconciliation.payout_id is 'Settlement or payout id of the channel; "missing …" where nobody says it';
comment on column marts.payout_reconciliation.booked_date is 'Day of the last booking that pays it';
comment on column marts.payout_reconciliation.shipping_amount is 'Shipping paid by buyers; signed, null where no file states it';
comment on column marts.payout_reconciliation.retried_amount is 'Of earlier payouts that failed and are paid with this one, where no line holds it; else 0';
comment on column marts.payout_reconciliation.payout_amount is 'Total by the channel''s own word; where no file states it, by the bank''s';
comment on column marts.payout_reconciliation.bank_amount is 'Sum of the bookings that pay it';
comment on column marts.payout_reconciliation.status is 'file_missing, lines_differ, carried_over, scheduled, reconciled, bank_differs, in_transit or bank_missing: the first that fits';
comment on column marts.payout_reconciliation.source_file_id is 'Landed file of the payout''s total';
