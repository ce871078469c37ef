-- Orders whose moments cannot all be right: each impossible pair by name. Only what the channel itself states is
-- compared, a refund as its payout books it; what left before it was paid is a case of its own (checks.finding_orders).
-- grain:  one row per order
-- keys:   type, subject_kind, subject_id
-- inputs: core.order_headers, marts.payout_lines, settings.channels, settings.run

create or replace table checks.finding_dates as
with

refunds as (
    select
        channel,
        order_id,
        min(posted_at) as refunded_at
    from marts.payout_lines
    where bucket = 'refund' and order_id is not null
    group by channel, order_id
),

stated as (
    select
        headers.channel,
        headers.order_id,
        headers.total_amount,
        headers.currency,
        channels.timezone,
        headers.ordered_at as ordered,
        headers.paid_at as paid,
        headers.stated_shipped_at as shipped,
        headers.delivered_at as delivered,
        headers.cancelled_at as cancelled,
        refunds.refunded_at as refunded
    from core.order_headers as headers
    inner join settings.channels using (channel)
    cross join settings.run
    left join refunds using (channel, order_id)
    where
        headers.is_counted
        and not headers.is_pos
        and headers.ordered_at >= run.as_of - to_days(impossible_dates_days())
),

pairs as (
    select
        *,
        list_filter(
            [
                case when is_before(paid, ordered, timezone) then 'paid before it was ordered' end,
                case when is_before(shipped, ordered, timezone) then 'shipped before it was ordered' end,
                case when is_before(delivered, ordered, timezone) then 'delivered before it was ordered' end,
                case when is_before(delivered, shipped, timezone) then 'delivered before it was shipped' end,
                case when is_before(cancelled, ordered, timezone) then 'cancelled before it was ordered' end,
                case when is_before(shipped, cancelled, timezone) then 'cancelled after it was shipped' end,
                case when is_before(refunded, paid, timezone) then 'refunded before it was paid' end
            ],
            lambda pair: pair is not null
        ) as impossible
    from stated
)

select
    'impossible_dates' as type,
    'order' as subject_kind,
    channel || '/' || order_id as subject_id,
    channel,
    order_id,
    array_to_string(impossible, ', ') || ': ' || concat_ws(
        ', ',
        'ordered ' || strftime(timezone('UTC', ordered), '%Y-%m-%d %H:%M'),
        'paid ' || strftime(timezone('UTC', paid), '%Y-%m-%d %H:%M'),
        'shipped ' || strftime(timezone('UTC', shipped), '%Y-%m-%d %H:%M'),
        'delivered ' || strftime(timezone('UTC', delivered), '%Y-%m-%d %H:%M'),
        'cancelled ' || strftime(timezone('UTC', cancelled), '%Y-%m-%d %H:%M'),
        'refunded ' || strftime(timezone('UTC', refunded), '%Y-%m-%d %H:%M')
    ) || ' UTC' as evidence,
    total_amount as amount_at_stake,
    currency
from pairs
where len(impossible) > 0;
