-- What speaks for a fraud in each order, rule by rule with its points (settings.fraud): of what exports state, and with
-- what they do not state named. An order on terms is a known buyer's, and is judged by nobody.
-- A buyer is known by the keyed hash of what the channel calls them, a phone and an address by theirs.
-- A buyer's first order can only be known where enough days of older orders are known.
-- grain:  one row per order that counts
-- keys:   channel, order_id
-- inputs: core.orders, ops.customer_orders, ops.order_checks, ops.report_presence, settings.fraud, settings.channels,
--   settings.rates

create or replace table ops.fraud_orders as
with

orders as (
    select
        orders.channel,
        orders.order_id,
        orders.ordered_at,
        orders.state,
        orders.payment,
        orders.risk,
        orders.bill_country,
        orders.ship_country,
        orders.is_billed_elsewhere,
        orders.customer_key is not null as has_buyer,
        orders.phone_key is not null as has_phone,
        orders.address_key is not null as has_address,
        orders.total_amount,
        coalesce(orders.currency, channels.currency) as currency,
        cast(orders.total_amount / rates.rate as decimal(18, 2)) as shop_amount,
        customer_orders.order_no,
        orders.ordered_at >= report_presence.orders_known_from_at + to_days(fraud.history_days) as is_history_known,
        concat_ws('; ', order_checks.phone_fault, order_checks.address_fault, order_checks.method_fault) as faults
    from core.orders
    inner join settings.channels using (channel)
    cross join settings.fraud
    left join settings.rates on coalesce(orders.currency, channels.currency) = rates.currency
    left join ops.customer_orders using (channel, order_id)
    left join ops.order_checks using (channel, order_id)
    left join ops.report_presence using (channel)
    where orders.is_counted and not orders.is_pos and orders.payment <> 'on_terms'
),

spans as (
    select
        to_days(cancellation_days) as cancellations,
        to_days(address_days) as addresses
    from settings.fraud
),

-- Of a phone or an address with few such orders in all, no order needs a closer look.
phones as (
    select others.phone_key
    from core.orders as others
    cross join settings.fraud
    where
        others.is_counted
        and others.state = 'cancelled'
        and is_placed_order(others.state, others.sale_reason)
    group by others.phone_key, fraud.cancellation_count
    having count(*) >= fraud.cancellation_count
),

-- Those before the order: one of the same moment is not.
cancelled as (
    select
        others.channel,
        others.order_id,
        count(*) filter (where others.state = 'cancelled' and is_placed_order(others.state, others.sale_reason))
            over (
                partition by others.phone_key order by others.ordered_at
                range between spans.cancellations preceding and current row exclude group
            ) as cancelled_count
    from core.orders as others
    semi join phones using (phone_key)
    cross join spans
    where others.is_counted
),

addresses as (
    select others.address_key
    from core.orders as others
    cross join settings.fraud
    where others.is_counted
    group by others.address_key, fraud.buyer_count
    having count(distinct others.customer_key) >= fraud.buyer_count
),

neighbours as (
    select
        others.channel,
        others.order_id,
        count(distinct others.customer_key) over (
            partition by others.address_key order by others.ordered_at
            range between spans.addresses preceding and current row
        ) as buyer_count
    from core.orders as others
    semi join addresses using (address_key)
    cross join spans
    where others.is_counted and others.ordered_at is not null
),

regulars as (
    select
        channel,
        customer_key
    from ops.customer_orders
    where order_no = 2
),

-- What the orders before this one were worth that its buyer placed on the channel.
earlier as (
    select
        orders.channel,
        orders.order_id,
        sum(orders.shop_amount) over (
            partition by bought.channel, bought.customer_key
            order by bought.order_no rows between unbounded preceding and 1 preceding
        ) as earlier_amount
    from orders
    inner join ops.customer_orders as bought using (channel, order_id)
    semi join regulars using (channel, customer_key)
),

signals as (
    select
        orders.channel,
        orders.order_id,
        channel_risk_points() as points,
        'the channel says ' || orders.risk || ' risk' as reason
    from orders
    cross join settings.fraud
    where orders.risk in (fraud.risk_level, 'high') and fraud.risk_level is not null
    union all
    select
        orders.channel,
        orders.order_id,
        fraud_rule_points() as points,
        'billed in ' || orders.bill_country || ', sent to ' || orders.ship_country as reason
    from orders
    cross join settings.fraud
    where fraud.is_other_country_judged and lower(orders.bill_country) <> lower(orders.ship_country)
    union all
    select
        orders.channel,
        orders.order_id,
        other_postcode_points() as points,
        'billed to another postcode' as reason
    from orders
    cross join settings.fraud
    where
        fraud.is_other_postcode_judged
        and orders.is_billed_elsewhere
        and lower(orders.bill_country) = lower(orders.ship_country)
    union all
    select
        orders.channel,
        orders.order_id,
        fraud_rule_points() as points,
        'first order of its buyer, ' || orders.shop_amount || ' ' || fraud.currency as reason
    from orders
    cross join settings.fraud
    where
        orders.order_no = 1
        and orders.is_history_known
        and orders.shop_amount >= fraud.first_order_amount
    union all
    select
        orders.channel,
        orders.order_id,
        case when orders.shop_amount >= fraud.incomplete_amount then fraud_rule_points() else 1 end as points,
        concat_ws(
            ', ',
            case
                when orders.shop_amount >= fraud.incomplete_amount then orders.shop_amount || ' ' || fraud.currency
            end,
            orders.faults
        ) as reason
    from orders
    cross join settings.fraud
    where orders.faults <> ''
    union all
    select
        cancelled.channel,
        cancelled.order_id,
        fraud_rule_points() as points,
        cancelled.cancelled_count || ' orders with its phone were cancelled in ' || fraud.cancellation_days || ' days'
            as reason
    from cancelled
    cross join settings.fraud
    where cancelled.cancelled_count >= fraud.cancellation_count
    union all
    select
        neighbours.channel,
        neighbours.order_id,
        fraud_rule_points() as points,
        neighbours.buyer_count || ' buyers sent to its address in ' || fraud.address_days || ' days' as reason
    from neighbours
    cross join settings.fraud
    where neighbours.buyer_count >= fraud.buyer_count
),

sums as (
    select
        channel,
        order_id,
        sum(points) as points,
        string_agg(reason || ' (' || points || ')', '; ' order by points desc, reason asc) as reasons
    from signals
    group by channel, order_id
),

-- One join to the orders, not two: each holds them all in memory.
known as (
    select
        channel,
        order_id,
        any_value(points) as points,
        any_value(reasons) as reasons,
        any_value(earlier_amount) as earlier_amount
    from (
        from sums
        union all by name
        select earlier.*
        from earlier
        cross join settings.fraud
        where earlier.earlier_amount >= fraud.vip_amount
    )
    group by channel, order_id
)

select
    orders.channel,
    orders.order_id,
    orders.ordered_at,
    orders.state,
    cast(coalesce(known.points, 0) as bigint) as points,
    known.reasons,
    coalesce(known.points, 0) >= fraud.review_points as is_flagged,
    concat_ws(
        ', ',
        case when orders.risk is null then 'risk level' end,
        case when orders.bill_country is null or orders.ship_country is null then 'country of the bill' end,
        case
            when not orders.has_buyer then 'buyer'
            when not coalesce(orders.is_history_known, false) then 'older orders'
        end,
        case when not orders.has_phone then 'phone' end,
        case when not orders.has_address then 'address' end,
        'device'
    ) as unknown_fields,
    case
        when orders.shop_amount >= fraud.large_order_amount
            then 'worth ' || orders.shop_amount || ' ' || fraud.currency
        when known.earlier_amount >= fraud.vip_amount
            then 'its buyer bought for ' || known.earlier_amount || ' ' || fraud.currency || ' before'
    end as care_reason,
    orders.total_amount,
    orders.currency
from orders
cross join settings.fraud
left join known using (channel, order_id);

comment on column ops.fraud_orders.state is 'State of core.orders';
comment on column ops.fraud_orders.total_amount is 'Total of the order';
