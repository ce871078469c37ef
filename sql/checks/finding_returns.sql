-- Returns that a person must look at: a reason that no list has, units without a verdict, returns outside the shop's
-- window, damage that a carrier may pay for, buyers who send back most of what they buy.
-- A buyer is in no table that people read: their first order stands for them.
-- grain:  one row per type × subject
-- keys:   type, subject_kind, subject_id
-- inputs: core.returns, core.orders, core.disputes, settings.returns, settings.locations, settings.run

create or replace table checks.finding_returns as
with

back as (
    select
        returns.*,
        orders.customer_key,
        orders.order_name,
        orders.shipped_at,
        coalesce(orders.delivered_at, orders.shipped_at) as got_at,
        coalesce(returns.requested_at, returns.returned_at) as asked_at,
        -- Amazon judges what comes back to it, and pays for what it damaged.
        locations.kind is not null and locations.kind <> 'amazon' as is_ours
    from core.returns
    left join core.orders using (channel, order_id)
    left join settings.locations using (location)
    where returns.returned_units > 0
),

unmapped as (
    select
        reason,
        sum(returned_units) as units,
        count(distinct channel) as channels
    from back
    where reason is not null and return_reason is null
    group by reason
),

ungraded as (
    select
        back.location,
        sum(back.returned_units) as units,
        min(back.returned_at) as oldest_at,
        named_list(list(coalesce(back.return_id, back.order_ref) order by back.returned_at, back.return_id)) as names
    from back
    cross join settings.returns
    cross join settings.run
    where
        back.is_ours
        and back.disposition = 'pending'
        and back.returned_at < run.as_of - to_days(returns.grade_days)
    group by back.location
),

outside as (
    select
        back.channel,
        back.order_id,
        max(date_diff('day', back.got_at, back.asked_at)) as days,
        bool_or(back.shipped_at = back.got_at) as is_dated_by_shipping,
        sum(back.refunded_amount) as refunded_amount,
        min(back.currency) as currency
    from back
    cross join settings.returns
    cross join settings.run
    where
        back.asked_at > back.got_at + to_days(returns.window_days)
        and back.asked_at >= run.as_of - to_days(return_case_days())
    group by back.channel, back.order_id
),

damaged as (
    select
        back.channel,
        back.order_id,
        array_to_string(
            list_sort(list(distinct back.returned_units || ' × ' || coalesce(back.sku, back.channel_sku))), ', '
        ) as goods,
        min(back.asked_at) as asked_at,
        min(back.shipped_at + to_days(returns.damage_claim_days)) as claim_until_at
    from back
    cross join settings.returns
    where back.return_reason = 'damaged' and back.is_ours and back.order_id is not null
    group by back.channel, back.order_id
),

incidents as (
    select
        channel,
        order_id,
        asked_at as at
    from back
    where order_id is not null
    union all
    select
        channel,
        order_id,
        opened_at as at
    from core.disputes
    where order_id is not null
),

recent as (
    select distinct
        incidents.channel,
        incidents.order_id
    from incidents
    cross join settings.returns
    cross join settings.run
    where incidents.at >= run.as_of - to_days(returns.serial_days)
),

buyers as (
    select
        orders.channel,
        arg_min(orders.order_id, (orders.ordered_at, orders.order_id)) as first_order_id,
        count(*) as orders,
        count(recent.order_id) as bad_orders,
        named_list(
            list(coalesce(orders.order_name, orders.order_id) order by orders.ordered_at, orders.order_id)
            filter (where recent.order_id is not null)
        ) as names,
        sum(orders.total_amount) filter (where recent.order_id is not null) as amount,
        min(orders.currency) as currency
    from core.orders
    left join recent using (channel, order_id)
    where orders.is_counted and orders.customer_key is not null
    group by orders.channel, orders.customer_key
)

select
    'unmapped_return_reason' as type,
    'return_reason' as subject_kind,
    reason as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    units || ' units came back for it, from ' || channels || ' channels' as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from unmapped
union all
select
    'return_not_graded' as type,
    'location' as subject_kind,
    location as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    counted(units, 'unit') || ' without a verdict, the oldest since '
    || strftime(timezone(run.timezone, oldest_at), '%Y-%m-%d')
    || ': ' || names as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from ungraded
cross join settings.run
union all
select
    'return_outside_policy' as type,
    'order' as subject_kind,
    outside.channel || '/' || outside.order_id as subject_id,
    outside.channel,
    outside.order_id,
    'asked for ' || outside.days || ' days after it was '
    || if(outside.is_dated_by_shipping, 'shipped', 'delivered') || '; the shop takes goods back for '
    || returns.window_days as evidence,
    cast(outside.refunded_amount as decimal(18, 2)) as amount_at_stake,
    outside.currency
from outside
cross join settings.returns
union all
select
    'damage_claim' as type,
    'order' as subject_kind,
    damaged.channel || '/' || damaged.order_id as subject_id,
    damaged.channel,
    damaged.order_id,
    damaged.goods || ' came back damaged; ' || coalesce(
        'claim by ' || strftime(timezone(run.timezone, damaged.claim_until_at), '%Y-%m-%d') || ', '
        || counted(
            date_diff('day', timezone(run.timezone, run.as_of), timezone(run.timezone, damaged.claim_until_at)), 'day'
        )
        || ' left',
        'until when the carrier takes a claim is not known'
    ) as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from damaged
cross join settings.run
where coalesce(damaged.claim_until_at, damaged.asked_at + to_days(return_case_days())) >= run.as_of
union all
select
    'serial_returner' as type,
    'order' as subject_kind,
    buyers.channel || '/' || buyers.first_order_id as subject_id,
    buyers.channel,
    buyers.first_order_id as order_id,
    buyers.bad_orders || ' of ' || buyers.orders || ' orders of its buyer came back, were claimed or disputed in '
    || returns.serial_days || ' days: ' || buyers.names as evidence,
    cast(buyers.amount as decimal(18, 2)) as amount_at_stake,
    buyers.currency
from buyers
cross join settings.returns
where buyers.bad_orders >= returns.serial_count and buyers.bad_orders >= buyers.orders * returns.serial_rate;
