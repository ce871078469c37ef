-- What each channel took in each month, by kind, as a share of the goods it paid for; and what changed.
-- A month is that in which the lines were booked, so that a fee and its goods are of the same payouts. The share is of
-- the month's goods: sales less their discounts and refunds, by the payouts. Its ordinary order is in `newest_…` and
-- `usual_…`, in the row of the newest month: there a raised fee shows in the first payout that holds it. Next to it is
-- what the channel's own schedule says for standard goods on the month's last day: a share of its own basis, which may
-- hold shipping and tax (marts.fee_schedule), and a fixed amount.
-- grain:  one row per month × channel × currency × kind of fee
-- keeps:  marts.payout_lines by channel, currency, bucket = kind; sum -amount = amount; money -amount;
--   leaves no_cost where cost_part(bucket, order_ref is not null) is null
-- needs:  orders, payouts, payout_lines
-- keys:   shop, month, channel, currency, kind
-- inputs: marts.payout_lines, marts.fee_schedule, core.payouts, ops.fee_levels, settings.channels, settings.run

create or replace table marts.channel_fees as
with

lines as (
    select
        lines.channel,
        lines.currency,
        lines.bucket,
        lines.amount,
        lines.order_ref,
        cast(date_trunc('month', coalesce(
            posted_day(lines.posted_at, channels.timezone, channels.business_timezone), payouts.payout_date,
            run.business_date
        )) as date) as first_date
    from marts.payout_lines as lines
    cross join settings.run
    left join settings.channels on lines.channel = channels.channel
    left join core.payouts
        on
            lines.channel = payouts.channel and lines.payout_id = payouts.payout_id
            and lines.currency = payouts.currency
),

goods as (
    select
        channel,
        currency,
        first_date,
        sum(amount) as goods_amount
    from lines
    where bucket in ('sale', 'refund') or (bucket = 'promotion' and order_ref is not null)
    group by channel, currency, first_date
),

fees as (
    select
        channel,
        currency,
        first_date,
        bucket as kind,
        -sum(amount) as amount,
        count(*) as line_count,
        count(distinct order_ref) as order_count
    from lines
    where cost_part(bucket, order_ref is not null) is not null
    group by channel, currency, first_date, bucket
),

-- A month whose goods came to nothing has no share.
shares as (
    select
        fees.*,
        goods.goods_amount,
        case when goods.goods_amount > 0 then try_cast(fees.amount / goods.goods_amount as decimal(9, 6)) end
            as share_rate,
        row_number() over (
            partition by fees.channel, fees.currency, fees.kind order by fees.first_date desc
        ) = 1 as is_newest
    from fees
    left join goods using (channel, currency, first_date)
),

-- What a refund costs is no share of the sale.
scheduled as (
    select
        shares.channel,
        shares.currency,
        shares.kind,
        shares.first_date,
        cast(sum(schedule.fee_rate) as decimal(9, 6)) as schedule_rate,
        cast(sum(schedule.fixed_amount) as decimal(18, 2)) as schedule_fixed_amount
    from shares
    inner join marts.fee_schedule as schedule
        on
            shares.channel = schedule.channel and shares.currency = schedule.currency
            and shares.kind = schedule.bucket
            and last_day(shares.first_date) >= schedule.valid_from_date
            and last_day(shares.first_date) <= coalesce(schedule.valid_to_date, last_day(shares.first_date))
    where schedule.payer = 'channel' and schedule.category = 'standard' and schedule.basis != 'referral_fee'
    group by shares.channel, shares.currency, shares.kind, shares.first_date
)

select
    run.shop,
    month_of(shares.first_date) as month,
    shares.channel,
    shares.currency,
    shares.kind,
    cast(shares.line_count as bigint) as line_count,
    cast(shares.order_count as bigint) as order_count,
    cast(shares.amount as decimal(18, 2)) as amount,
    cast(coalesce(shares.goods_amount, 0) as decimal(18, 2)) as goods_amount,
    shares.share_rate,
    previous.share_rate as previous_share_rate,
    cast(shares.share_rate - previous.share_rate as decimal(9, 6)) as share_change_rate,
    scheduled.schedule_rate,
    scheduled.schedule_fixed_amount,
    case when shares.is_newest then levels.newest_share_rate end as newest_share_rate,
    case when shares.is_newest then levels.usual_share_rate end as usual_share_rate,
    case when shares.is_newest then levels.newest_fee_amount end as newest_fee_amount,
    case when shares.is_newest then levels.usual_fee_amount end as usual_fee_amount,
    case when shares.is_newest then levels.change_rate end as change_rate,
    getvariable('rule_version') as rule_version
from shares
cross join settings.run
left join shares as previous
    on
        shares.channel = previous.channel and shares.currency = previous.currency and shares.kind = previous.kind
        and previous.first_date = shares.first_date - interval 1 month
left join scheduled
    on
        shares.channel = scheduled.channel and shares.currency = scheduled.currency and shares.kind = scheduled.kind
        and shares.first_date = scheduled.first_date
left join ops.fee_levels as levels
    on shares.channel = levels.channel and shares.currency = levels.currency and shares.kind = levels.kind;

comment on column marts.channel_fees.kind is 'Bucket of the fee: commission, fulfilment_fee, storage, advertising, …';
comment on column marts.channel_fees.amount is 'What the channel took, less what it gave back of it; positive is a cost';
comment on column marts.channel_fees.change_rate is 'What the ordinary order pays by the newest payouts above the month before, as a share of it; null in older months';
