-- What a channel takes of an order by its newest payouts, next to the month before: a fee that was raised shows at once.
-- The newest payouts are as many as hold `fee_change_orders` lines with the fee. Like is compared with like: each line
-- with what was usual for its SKU, or for any order where the payouts name no SKU; and of the lines the ordinary one
-- (median), in whichever way the fee was steadier in the month before: by its share of the goods, or by its amount a unit.
-- Where neither was steady (`both`), a fee changed by what both of them changed in the same direction.
-- grain:  one row per channel × currency × kind of fee
-- keys:   channel, currency, kind
-- inputs: core.payout_lines, core.payouts

create or replace table ops.fee_levels as
with

lines as (
    select
        channel,
        currency,
        payout_id,
        payouts.payout_date,
        lines.order_ref,
        coalesce(lines.channel_sku, '') as likeness,
        lines.bucket,
        lines.amount,
        lines.quantity_units
    from core.payout_lines as lines
    inner join core.payouts using (channel, payout_id, currency)
    where lines.order_ref is not null and payouts.payout_date is not null
),

goods as (
    select
        channel,
        currency,
        payout_id,
        payout_date,
        order_ref,
        likeness,
        sum(amount) as goods_amount,
        greatest(coalesce(max(quantity_units), 1), 1) as units
    from lines
    where bucket in ('sale', 'promotion')
    group by channel, currency, payout_id, payout_date, order_ref, likeness
    having sum(amount) > 0
),

taken as (
    select
        channel,
        currency,
        payout_id,
        order_ref,
        likeness,
        bucket as kind,
        -sum(amount) as fee_amount
    from lines
    where cost_part(bucket, true) is not null
    group by channel, currency, payout_id, order_ref, likeness, bucket
    having sum(amount) < 0
),

orders as (
    select
        channel,
        currency,
        taken.kind,
        payout_id,
        goods.payout_date,
        likeness,
        taken.fee_amount,
        cast(taken.fee_amount / goods.units as decimal(18, 6)) as unit_fee,
        cast(taken.fee_amount / goods.goods_amount as decimal(18, 6)) as fee_share
    from goods
    inner join taken using (channel, currency, payout_id, order_ref, likeness)
),

payouts as (
    select
        channel,
        currency,
        kind,
        payout_id,
        payout_date,
        count(*) as order_count
    from orders
    group by channel, currency, kind, payout_id, payout_date
),

newest as (
    select
        *,
        max(payout_date) over (partition by channel, currency, kind) as newest_date
    from payouts
    qualify coalesce(sum(order_count) over (
        partition by channel, currency, kind
        order by payout_date desc, payout_id desc rows between unbounded preceding and 1 preceding
    ), 0) < fee_change_orders()
),

marked as (
    select
        orders.*,
        newest.payout_id is not null as is_newest,
        max(newest.newest_date) over one_fee as newest_date,
        newest.payout_id is null
        and date_trunc('month', orders.payout_date)
        = date_trunc('month', max(newest.newest_date) over one_fee) - interval 1 month as is_usual
    from orders
    left join newest
        on
            orders.channel = newest.channel and orders.currency = newest.currency and orders.kind = newest.kind
            and orders.payout_id = newest.payout_id
    window one_fee as (partition by orders.channel, orders.currency, orders.kind)
),

usual as (
    select
        channel,
        currency,
        kind,
        likeness,
        quantile_disc(fee_share, 0.5) as usual_share,
        quantile_disc(unit_fee, 0.5) as usual_fee
    from marked
    where is_usual
    group by channel, currency, kind, likeness
),

compared as (
    select
        marked.*,
        cast(marked.fee_share / nullif(usual.usual_share, 0) - 1 as decimal(18, 6)) as share_change,
        cast(marked.unit_fee / nullif(usual.usual_fee, 0) - 1 as decimal(18, 6)) as fee_change
    from marked
    left join usual using (channel, currency, kind, likeness)
),

levels as (
    select
        channel,
        currency,
        kind,
        max(newest_date) as newest_date,
        count(*) filter (where is_newest) as newest_order_count,
        count(*) filter (where is_newest and share_change is not null) as compared_order_count,
        count(*) filter (where is_usual) as usual_order_count,
        sum(fee_amount) filter (where is_newest) as newest_amount,
        quantile_disc(fee_share, 0.5) filter (where is_newest) as newest_share,
        quantile_disc(fee_share, 0.5) filter (where is_usual) as usual_share,
        quantile_disc(unit_fee, 0.5) filter (where is_newest) as newest_fee,
        quantile_disc(unit_fee, 0.5) filter (where is_usual) as usual_fee,
        quantile_disc(share_change, 0.5) filter (where is_newest) as share_change,
        quantile_disc(fee_change, 0.5) filter (where is_newest) as fee_change,
        quantile_disc(abs(share_change), 0.5) filter (where is_usual) as share_spread,
        quantile_disc(abs(fee_change), 0.5) filter (where is_usual) as fee_spread
    from compared
    group by channel, currency, kind
),

-- Orders with any fee in the month before: whether a fee is new can be known only next to them.
before as (
    select
        levels.channel,
        levels.currency,
        levels.kind,
        count(*) as order_count
    from levels
    inner join goods
        on
            levels.channel = goods.channel and levels.currency = goods.currency
            and date_trunc('month', goods.payout_date) = date_trunc('month', levels.newest_date) - interval 1 month
    group by levels.channel, levels.currency, levels.kind
)

select
    channel,
    currency,
    kind,
    levels.newest_date,
    levels.newest_order_count,
    levels.compared_order_count,
    levels.usual_order_count,
    coalesce(before.order_count, 0) as before_order_count,
    case
        when levels.usual_share is null then null
        when least(levels.share_spread, levels.fee_spread) > fee_change_rate() then 'both'
        when levels.share_spread <= levels.fee_spread then 'share'
        else 'amount'
    end as compared_by,
    cast(levels.newest_amount as decimal(18, 2)) as newest_amount,
    try_cast(levels.newest_share as decimal(9, 6)) as newest_share_rate,
    try_cast(levels.usual_share as decimal(9, 6)) as usual_share_rate,
    cast(levels.newest_fee as decimal(18, 2)) as newest_fee_amount,
    cast(levels.usual_fee as decimal(18, 2)) as usual_fee_amount,
    try_cast(
        case compared_by
            when 'share' then levels.share_change
            when 'amount' then levels.fee_change
            when 'both' then
                case
                    when least(levels.share_change, levels.fee_change) > 0
                        then least(levels.share_change, levels.fee_change)
                    when greatest(levels.share_change, levels.fee_change) < 0
                        then greatest(levels.share_change, levels.fee_change)
                    else 0
                end
        end as decimal(9, 6)
    ) as change_rate
from levels
left join before using (channel, currency, kind);

comment on column ops.fee_levels.change_rate is 'What a line of the newest payouts paid above the usual of its like, as a share of it; below 0 it fell';
