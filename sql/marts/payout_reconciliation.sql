-- Each payout to the cent: its lines by bucket, its total, the bank, and what is left to explain.
-- A payout that no file tells, but a gap between windows or a booking does, has a row too.
-- grain:  one row per payout (and currency, should its lines be in a second one)
-- keeps:  core.payouts by channel, payout_id, currency; money payout_amount
-- keeps:  marts.payout_lines by channel, payout_id, currency; sum amount = lines_total_amount; money amount
-- needs:  orders, payouts, payout_lines, bank
-- keys:   shop, channel, payout_id, currency
-- inputs: core.payouts, marts.payout_lines, ops.payout_bank, ops.payout_gaps, ops.payout_orphans, ops.bank_statements,
--   settings.run, settings.stock, settings.bank_days

create or replace table marts.payout_reconciliation as
with

line_totals as (
    select
        channel,
        payout_id,
        currency,
        cast(count(distinct line_no) as bigint) as lines,
        sum(amount) as lines_total_amount,
        coalesce(sum(amount) filter (where bucket = 'sale'), 0) as sale_amount,
        coalesce(sum(amount) filter (where bucket = 'refund'), 0) as refund_amount,
        coalesce(sum(amount) filter (where bucket = 'shipping'), 0) as shipping_amount,
        coalesce(sum(amount) filter (where bucket = 'gift_wrap'), 0) as gift_wrap_amount,
        coalesce(sum(amount) filter (where bucket = 'tax_collected'), 0) as tax_collected_amount,
        coalesce(sum(amount) filter (where bucket = 'tax_withheld'), 0) as tax_withheld_amount,
        coalesce(sum(amount) filter (where bucket = 'promotion'), 0) as promotion_amount,
        coalesce(sum(amount) filter (where bucket = 'commission'), 0) as commission_amount,
        coalesce(sum(amount) filter (where bucket = 'fulfilment_fee'), 0) as fulfilment_fee_amount,
        coalesce(sum(amount) filter (where bucket = 'storage'), 0) as storage_amount,
        coalesce(sum(amount) filter (where bucket = 'advertising'), 0) as advertising_amount,
        coalesce(sum(amount) filter (where bucket = 'subscription'), 0) as subscription_amount,
        coalesce(sum(amount) filter (where bucket = 'other_fee'), 0) as other_fee_amount,
        coalesce(sum(amount) filter (where bucket = 'chargeback'), 0) as chargeback_amount,
        coalesce(sum(amount) filter (where bucket = 'reimbursement'), 0) as reimbursement_amount,
        coalesce(sum(amount) filter (where bucket = 'reserve_held'), 0) as reserve_held_amount,
        coalesce(sum(amount) filter (where bucket = 'reserve_released'), 0) as reserve_released_amount,
        coalesce(sum(amount) filter (where bucket = 'carried_over'), 0) as carried_over_amount,
        coalesce(sum(amount) filter (where bucket = 'transfer'), 0) as transfer_amount,
        coalesce(sum(amount) filter (where bucket = 'adjustment'), 0) as adjustment_amount,
        coalesce(sum(amount) filter (where bucket = 'unclassified'), 0) as unclassified_amount,
        case
            when not bool_or(match_status = 'no_orders')
                then coalesce(sum(amount) filter (where match_status = 'paid_not_ordered'), 0)
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

told as (
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
        line_totals.* exclude (channel, payout_id, currency),
        bank_totals.bank_amount,
        bank_totals.booked_date
    from core.payouts
    full outer join line_totals using (channel, payout_id, currency)
    left join bank_totals using (channel, payout_id, currency)
),

-- What has failed is paid with a later payout, the oldest first, as far as later payouts say that they hold it.
failed as (
    select
        channel,
        payout_id,
        currency,
        sum(payout_amount) over (partition by channel, currency order by payout_date, payout_id) as failed_amount
    from told
    where state = 'failed' and bank_amount is null
),

paid_later as (
    select
        channel,
        currency,
        sum(greatest(coalesce(retried_amount, 0), coalesce(carried_over_amount, 0))) as retried_amount
    from told
    where state is distinct from 'failed'
    group by channel, currency
),

retried as (
    select
        failed.channel,
        failed.payout_id,
        failed.currency
    from failed
    inner join paid_later using (channel, currency)
    where failed.failed_amount <= paid_later.retried_amount
),

-- A channel that pays by windows lays them end to end.
windows as (
    select
        channel,
        payout_id,
        currency,
        lead(payout_id) over chain as next_payout_id,
        lead(carried_over_amount) over chain as next_carried_over_amount
    from told
    where period_start_at is not null
    window chain as (partition by channel, currency order by period_start_at, payout_id)
),

orphans as (
    select *
    from ops.payout_orphans
    where not is_before_files
),

missing as (
    select
        gaps.channel,
        gaps.currency,
        gaps.period_start_at,
        gaps.period_end_at,
        case
            when count(orphans.channel) = 1 and min(orphans.named_payout_id) is not null
                then min(orphans.named_payout_id)
            else 'missing ' || strftime(timezone('UTC', gaps.period_start_at), '%Y-%m-%d')
        end as payout_id,
        sum(orphans.bank_amount) as payout_amount,
        sum(orphans.bank_amount) as bank_amount,
        max(orphans.booked_date) as booked_date
    from ops.payout_gaps as gaps
    left join orphans using (channel, currency, period_start_at, period_end_at)
    group by gaps.channel, gaps.currency, gaps.period_start_at, gaps.period_end_at
    union all
    select
        channel,
        currency,
        cast(null as timestamptz) as period_start_at,
        cast(null as timestamptz) as period_end_at,
        coalesce(named_payout_id, 'missing ' || booked_date) as payout_id,
        sum(bank_amount) as payout_amount,
        sum(bank_amount) as bank_amount,
        max(booked_date) as booked_date
    from orphans
    where period_start_at is null
    group by channel, currency, coalesce(named_payout_id, 'missing ' || booked_date)
),

-- A name that is taken already (a booking in another currency, a second gap) is not given again.
untold as (
    select
        missing.* replace (
            case
                when
                    told.payout_id is not null
                    or row_number() over (
                        partition by missing.channel, missing.payout_id, missing.currency
                        order by missing.period_start_at
                    ) > 1
                    then 'missing ' || missing.payout_id || ' ' || coalesce(missing.booked_date || '', 'gap')
                else missing.payout_id
            end as payout_id
        )
    from missing
    left join told
        on
            missing.channel = told.channel and missing.payout_id = told.payout_id
            and missing.currency = told.currency
),

payouts as (
    select * from told
    union all by name
    select * from untold
),

judged as (
    select
        payouts.*,
        run.shop,
        run.business_date,
        case
            -- No payout holds these lines yet.
            when payouts.payout_id = 'pending ' || payouts.currency and payouts.payout_amount is null then 'scheduled'
            when
                payouts.state in ('scheduled', 'pending') and payouts.lines is null
                and coalesce(payouts.payout_date, run.business_date) >= run.business_date
                then 'scheduled'
            when payouts.payout_amount is null or (payouts.lines is null and payouts.payout_amount != 0)
                then 'file_missing'
            when abs(payouts.payout_amount - coalesce(payouts.lines_total_amount, 0)) > stock.payout_tolerance_amount
                then 'lines_differ'
            when payouts.payout_amount < 0 and windows.next_carried_over_amount = payouts.payout_amount
                then 'carried_over'
            when retried.payout_id is not null then 'carried_over'
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
                    -- No statement of this currency tells of the days on which it should have come.
                    or covered.working_day_number is null
                    or covered.working_day_number - paid.working_day_number < stock.bank_lag_days
                    -- A debt waits for the settlement that carries it.
                    or (payouts.payout_amount < 0 and windows.payout_id is not null and windows.next_payout_id is null)
                )
                then 'in_transit'
            else 'bank_missing'
        end as status
    from payouts
    cross join settings.run
    cross join settings.stock
    left join windows
        on
            payouts.channel = windows.channel and payouts.payout_id = windows.payout_id
            and payouts.currency = windows.currency
    left join retried
        on
            payouts.channel = retried.channel and payouts.payout_id = retried.payout_id
            and payouts.currency = retried.currency
    left join settings.bank_days as paid on payouts.payout_date = paid.day
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
    cast(sale_amount as decimal(18, 2)) as sale_amount,
    cast(refund_amount as decimal(18, 2)) as refund_amount,
    cast(shipping_amount as decimal(18, 2)) as shipping_amount,
    cast(gift_wrap_amount as decimal(18, 2)) as gift_wrap_amount,
    cast(tax_collected_amount as decimal(18, 2)) as tax_collected_amount,
    cast(tax_withheld_amount as decimal(18, 2)) as tax_withheld_amount,
    cast(promotion_amount as decimal(18, 2)) as promotion_amount,
    cast(commission_amount as decimal(18, 2)) as commission_amount,
    cast(fulfilment_fee_amount as decimal(18, 2)) as fulfilment_fee_amount,
    cast(storage_amount as decimal(18, 2)) as storage_amount,
    cast(advertising_amount as decimal(18, 2)) as advertising_amount,
    cast(subscription_amount as decimal(18, 2)) as subscription_amount,
    cast(other_fee_amount as decimal(18, 2)) as other_fee_amount,
    cast(chargeback_amount as decimal(18, 2)) as chargeback_amount,
    cast(reimbursement_amount as decimal(18, 2)) as reimbursement_amount,
    cast(reserve_held_amount as decimal(18, 2)) as reserve_held_amount,
    cast(reserve_released_amount as decimal(18, 2)) as reserve_released_amount,
    cast(carried_over_amount as decimal(18, 2)) as carried_over_amount,
    cast(transfer_amount as decimal(18, 2)) as transfer_amount,
    cast(adjustment_amount as decimal(18, 2)) as adjustment_amount,
    cast(unclassified_amount as decimal(18, 2)) as unclassified_amount,
    cast(lines_total_amount as decimal(18, 2)) as lines_total_amount,
    cast(payout_amount as decimal(18, 2)) as payout_amount,
    cast(bank_amount as decimal(18, 2)) as bank_amount,
    cast(
        case
            when status in ('reconciled', 'bank_differs', 'bank_missing') then coalesce(bank_amount, 0)
            else coalesce(bank_amount, payout_amount, 0)
        end - coalesce(lines_total_amount, 0) as decimal(18, 2)
    ) as difference_amount,
    cast(unmatched_amount as decimal(18, 2)) as unmatched_amount,
    status,
    cast(date_diff('day', least(
        case
            when status not in ('reconciled', 'carried_over', 'scheduled')
                then coalesce(payout_date, booked_date, cast(period_end_at as date))
        end,
        case when payout_id != 'pending ' || currency then cast(oldest_open_at as date) end
    ), business_date) as bigint) as oldest_open_days,
    getvariable('rule_version') as rule_version,
    source_file_id
from judged;

comment on column marts.payout_reconciliation.payout_id is 'Settlement or payout id of the channel; "missing …" where nobody says it';
comment on column marts.payout_reconciliation.booked_date is 'Day of the last booking that pays it';
comment on column marts.payout_reconciliation.shipping_amount is 'Shipping paid by buyers; signed, null where no file states it';
comment on column marts.payout_reconciliation.payout_amount is 'Total by the channel''s own word; where no file states it, by the bank''s';
comment on column marts.payout_reconciliation.bank_amount is 'Sum of the bookings that pay it';
comment on column marts.payout_reconciliation.status is 'file_missing, lines_differ, carried_over, scheduled, reconciled, bank_differs, in_transit or bank_missing: the first that fits';
comment on column marts.payout_reconciliation.source_file_id is 'Landed file of the payout''s total';
