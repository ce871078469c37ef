-- Orders that a channel owes us money for and no payout holds.
-- Expected are counted, paid orders since the channel's payouts begin, if paid in a way the channel pays out: one that
-- its payouts have paid before, and the only one. The day is the order's plus the days that the shop file states for the
-- channel, else the channel's usual (median) lag; overdue is what waits longer than stated and than 95 of 100 paid orders
-- did; deferred is what is not shipped, where the channel pays only after shipment. What a channel's file lists as waiting
-- for its payout is expected too, whether its order is known or not.
-- grain:  one row per order not yet paid out
-- needs:  orders, shipments, payouts, payout_lines
-- keys:   shop, channel, order_id
-- inputs: core.orders, core.order_lines, core.payouts, valid.orders, marts.payout_lines, settings.channels, settings.run

create or replace table marts.expected_payouts as
with

methods as (
    select
        channel,
        order_id,
        file_id,
        max(payment_method) as payment_method
    from valid.orders
    group by channel, order_id, file_id
),

orders as (
    select
        orders.channel,
        orders.order_id,
        orders.business_date,
        orders.shipped_at,
        orders.state,
        orders.currency,
        orders.total_amount,
        orders.refunded_amount,
        orders.source_file_id,
        coalesce(methods.payment_method, '') as payment_method
    from core.orders
    left join methods
        on
            orders.channel = methods.channel and orders.order_id = methods.order_id
            and orders.source_file_id = methods.file_id
    where
        orders.is_counted
        -- Paid in several ways ("Gift Card + …"): what the channel owes of it, no file says.
        and not contains(coalesce(methods.payment_method, ''), ' + ')
        and orders.sale_reason = 'sale'
        and orders.state != 'cancelled'
        and orders.payment in ('paid', 'partially_paid')
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
        orders.payment_method
    from orders
    inner join paid_orders using (channel, order_id)
),

habits as (
    select
        orders.channel,
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
    group by orders.channel
),

first_lines as (
    select
        channel,
        cast(min(posted_at) as date) as posted_date
    from marts.payout_lines
    group by channel
),

-- What the shop file states holds until an order is paid, once the channel's payouts have begun.
lags as (
    select
        channels.channel,
        coalesce(channels.settlement_days, habits.usual_lag_days) as usual_lag_days,
        greatest(channels.settlement_days, habits.longest_lag_days) as longest_lag_days,
        coalesce(habits.first_date, first_lines.posted_date) as first_date,
        coalesce(habits.is_paid_after_shipment, false) as is_paid_after_shipment,
        habits.channel is null as is_stated_only
    from settings.channels
    left join habits using (channel)
    left join first_lines using (channel)
    where coalesce(channels.settlement_days, habits.usual_lag_days) is not null
),

line_totals as (
    select
        channel,
        order_id,
        sum(coalesce(gross_amount, 0) - coalesce(discount_amount, 0)) as amount
    from core.order_lines
    where is_sale
    group by channel, order_id
),

expected as (
    select
        orders.channel,
        orders.order_id,
        orders.business_date,
        coalesce(orders.total_amount, line_totals.amount) - coalesce(orders.refunded_amount, 0) as expected_amount,
        orders.currency,
        lags.is_paid_after_shipment and orders.shipped_at is null and orders.state != 'shipped' as is_deferred,
        false as is_waiting,
        orders.source_file_id
    from orders
    inner join lags using (channel)
    left join paid_methods using (channel, payment_method)
    anti join paid_orders on orders.channel = paid_orders.channel and orders.order_id = paid_orders.order_id
    left join line_totals on orders.channel = line_totals.channel and orders.order_id = line_totals.order_id
    where
        orders.business_date >= lags.first_date
        and (lags.is_stated_only or paid_methods.channel is not null)
    union all
    select
        channel,
        order_id,
        coalesce(orders.business_date, waiting.posted_date) as business_date,
        waiting.amount as expected_amount,
        waiting.currency,
        false as is_deferred,
        true as is_waiting,
        waiting.source_file_id
    from waiting
    left join orders using (channel, order_id)
),

-- The channel's own word of what it will pay comes before the order's total.
dated as (
    select
        run.shop,
        run.business_date as as_of,
        expected.*,
        expected.business_date + cast(lags.usual_lag_days as integer) as expected_by_date,
        date_diff('day', expected.business_date, run.business_date) as age_days,
        lags.longest_lag_days
    from expected
    left join lags using (channel)
    cross join settings.run
    qualify row_number() over (
        partition by expected.channel, expected.order_id
        order by expected.is_waiting desc, expected.expected_amount desc, expected.currency asc
    ) = 1
)

select
    shop,
    as_of,
    channel,
    order_id,
    business_date as order_date,
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
    case when is_deferred then 'deferred' when age_days > longest_lag_days then 'overdue' else 'due' end as state,
    getvariable('rule_version') as rule_version,
    source_file_id
from dated
where expected_amount > 0;

comment on column marts.expected_payouts.age_days is 'Days since the order';
comment on column marts.expected_payouts.state is 'due; overdue: older than stated and than 95 of 100 paid orders were; deferred: not shipped where payment follows shipment';
comment on column marts.expected_payouts.source_file_id is 'Landed file of the order';
