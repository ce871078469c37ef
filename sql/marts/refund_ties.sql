-- Every order whose money went back or whose goods came back: refund, return and payout next to each other.
-- status: refund_without_return (the shop asks for goods back, and they have not come in time), return_without_refund,
-- refund_not_ordered (a payout took a refund that the order does not state), refund_not_paid_out (the order states one
-- that no payout took), waiting (one side is not there yet, and has time), tied.
-- What cannot be known is no fault: a channel that states no refunds, a file that is older than the refund.
-- grain:  one row per order with a refund or a return
-- needs:  orders, sku_map, payouts, payout_lines, returns
-- keys:   shop, channel, order_id
-- inputs: core.orders, core.order_lines, core.returns, valid.orders, marts.payout_lines, ops.missing_reports,
--   ops.report_presence, settings.returns, settings.run

create or replace table marts.refund_ties as
with

-- Goods may be at a place whose report of returns never came: then nobody can say that they are not back.
known as (
    select count(*) = 0 as has_returns
    from ops.missing_reports
    where need = 'returns'
),

-- When a file first said that money went back, and how new the newest word of the order is.
stated as (
    select
        channel,
        order_id,
        min(exported_at) filter (where refunded_amount > 0) as stated_at,
        max(exported_at) as known_to_at
    from valid.orders
    group by channel, order_id
),

-- An orders export says that money went back, not when. Only where a file of days before still said that none had is
-- the first that says so the day of the refund: else it is any day before, and a wait of months would be made up.
reported as (
    select
        stated.channel,
        stated.order_id,
        stated.stated_at,
        stated.known_to_at,
        case
            when max(orders.exported_at) >= stated.stated_at - to_days(refund_seen_days()) then stated.stated_at
        end as refunded_at
    from stated
    left join valid.orders as orders
        on
            stated.channel = orders.channel
            and stated.order_id = orders.order_id
            and stated.stated_at > orders.exported_at
    group by stated.channel, stated.order_id, stated.stated_at, stated.known_to_at
),

paid as (
    select
        channel,
        order_id,
        min(posted_at) filter (where bucket = 'refund') as refunded_at,
        coalesce(-sum(amount) filter (where bucket = 'refund'), 0) as refund_amount,
        bool_or(bucket = 'sale') as is_paid_here
    from marts.payout_lines
    where order_id is not null
    group by channel, order_id
),

-- Until when a channel's payouts are known.
payouts as (
    select
        channel,
        max(posted_at) as known_to_at
    from marts.payout_lines
    group by channel
),

-- What the units that came back were sold for, after discounts; null where one of them is on no line of the order.
prices as (
    select
        channel,
        order_id,
        sku,
        sum(gross_amount - coalesce(discount_amount, 0)) / nullif(sum(quantity_units), 0) as unit_amount
    from core.order_lines
    group by channel, order_id, sku
),

returned as (
    select
        returns.channel,
        returns.order_id,
        sum(returns.returned_units) as units,
        min(returns.returned_at) as returned_at,
        case
            when count(*) = count(prices.unit_amount)
                then cast(sum(returns.returned_units * prices.unit_amount) as decimal(18, 2))
        end as amount
    from core.returns
    left join prices using (channel, order_id, sku)
    where returns.order_id is not null and returns.returned_units > 0
    group by returns.channel, returns.order_id
),

orders as (
    select
        orders.channel,
        orders.order_id,
        orders.currency,
        orders.refunded_amount,
        paid.refund_amount as payout_refund_amount,
        coalesce(returned.units, 0) as returned_units,
        returned.returned_at,
        returned.amount as returned_goods_amount,
        coalesce(paid.refunded_at, reported.refunded_at) as refunded_at,
        reported.stated_at,
        coalesce(paid.refunded_at, reported.stated_at) as refund_known_at,
        reported.known_to_at,
        payouts.known_to_at as payouts_known_to_at,
        coalesce(report_presence.has_returns, true) as is_return_reported,
        coalesce(paid.is_paid_here, false) as is_paid_here,
        orders.shipped_at is not null or orders.state in ('shipped', 'partial') as has_left,
        coalesce(orders.refunded_amount, 0) > 0 or coalesce(paid.refund_amount, 0) > 0 as is_refunded
    from core.orders
    left join reported using (channel, order_id)
    left join paid using (channel, order_id)
    left join payouts using (channel)
    left join returned using (channel, order_id)
    left join ops.report_presence using (channel)
    where orders.is_counted
),

judged as (
    select
        orders.*,
        run.shop,
        run.business_date,
        run.as_of as now_at,
        case
            when
                orders.refunded_amount > 0 and orders.payout_refund_amount = 0 and orders.is_paid_here
                and orders.stated_at < run.as_of - to_days(refund_payout_days())
                then 'refund_not_paid_out'
            when
                orders.payout_refund_amount > 0 and orders.refunded_amount = 0
                and orders.known_to_at > orders.refund_known_at
                then 'refund_not_ordered'
            when
                orders.returned_units > 0 and not orders.is_refunded
                and orders.returned_at < run.as_of - to_days(refund_days())
                -- A file from before the refund was due cannot say that there is none.
                and orders.returned_at + to_days(refund_days()) < greatest(
                    case when orders.refunded_amount = 0 then orders.known_to_at end,
                    case when orders.is_paid_here then orders.payouts_known_to_at end
                )
                then 'return_without_refund'
            when
                orders.is_refunded and orders.has_left and orders.returned_units = 0 and known.has_returns
                and orders.refund_known_at < run.as_of - to_days(cast(returns.goods_back_days as integer))
                then 'refund_without_return'
            when
                orders.is_refunded
                and (orders.returned_units > 0 or not orders.has_left or returns.goods_back_days is null)
                and (orders.payout_refund_amount > 0 or not orders.is_paid_here)
                then 'tied'
            else 'waiting'
        end as status
    from orders
    cross join known
    cross join settings.returns
    cross join settings.run
    where orders.is_refunded or orders.returned_units > 0
)

select
    shop,
    business_date as as_of,
    channel,
    order_id,
    status,
    refunded_amount,
    cast(payout_refund_amount as decimal(18, 2)) as payout_refund_amount,
    currency,
    cast(case when returned_units > 0 or is_return_reported then returned_units end as bigint) as returned_units,
    returned_goods_amount,
    refunded_at,
    returned_at,
    cast(date_diff('day', returned_at, refunded_at) as bigint) as refund_after_days,
    cast(date_diff('day', least(refund_known_at, returned_at), now_at) as bigint) as age_days,
    getvariable('rule_version') as rule_version
from judged;

comment on column marts.refund_ties.status is 'refund_without_return, return_without_refund, refund_not_ordered, refund_not_paid_out, waiting or tied';
comment on column marts.refund_ties.refunded_amount is 'Given back by the order''s own word; null where the channel''s orders do not state it';
comment on column marts.refund_ties.returned_units is 'Units that came back; null where no report of the channel''s returns came';
