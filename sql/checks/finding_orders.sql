-- Orders whose payment, refund or words a person must look at. Only sales of the channel itself. Copies that name no
-- original are one case of their channel.
-- grain:  one row per type × order
-- keys:   type, subject_kind, subject_id
-- inputs: core.orders, core.stated_lines, ops.report_presence, settings.run

create or replace table checks.finding_orders as
with

sales as (
    select *
    from core.orders
    where is_counted
),

unknown as (
    select
        channel,
        order_id,
        string_agg(distinct unknown_words, ', ' order by unknown_words) as words
    from core.stated_lines
    where unknown_words is not null
    group by channel, order_id
),

faults as (
    select
        'shipped_before_paid' as type,
        channel,
        order_id,
        'shipped ' || strftime(timezone('UTC', shipped_at), '%Y-%m-%d %H:%M') || ', paid '
        || strftime(timezone('UTC', paid_at), '%Y-%m-%d %H:%M') || ' UTC' as evidence,
        total_amount as amount_at_stake,
        currency
    from sales
    where shipped_at < paid_at and not is_pos  -- over a counter both happen at once
    union all
    -- Only a channel that says when it was paid can say that it was not.
    select
        'shipped_unpaid' as type,
        channel,
        order_id,
        'shipped ' || strftime(timezone('UTC', shipped_at), '%Y-%m-%d %H:%M') || ' UTC, payment is ' || payment_state
            as evidence,
        total_amount as amount_at_stake,
        currency
    from sales
    where
        shipped_at is not null
        and not is_cash_on_delivery
        and payment in ('pending', 'authorized', 'unpaid', 'failed', 'voided', 'expired', 'partially_paid')
    union all
    select
        'refund_exceeds_order' as type,
        channel,
        order_id,
        refunded_amount || ' was given back of ' || total_amount as evidence,
        refunded_amount - total_amount as amount_at_stake,
        currency
    from sales
    where refunded_amount > total_amount
    union all
    -- The channel tried to take the money and could not: a word of its own for it.
    select
        'payment_failed' as type,
        channel,
        order_id,
        'payment is ' || payment_state || ', ordered '
        || strftime(timezone('UTC', ordered_at), '%Y-%m-%d %H:%M') || ' UTC' as evidence,
        total_amount as amount_at_stake,
        currency
    from sales
    where
        state in ('failed', 'expired')
        and shipped_at is null
        and ordered_at >= (select run.as_of from settings.run) - to_days(payment_failed_days())
    union all
    select
        'unknown_order_word' as type,
        sales.channel,
        sales.order_id,
        coalesce(unknown.words, concat_ws(', ', sales.payment_state, sales.fulfilment_state))
        || ': a word that is in no list of config/words/' || sales.platform || '.yaml' as evidence,
        sales.total_amount as amount_at_stake,
        sales.currency
    from sales
    left join unknown using (channel, order_id)
    where sales.state = 'unknown'
    union all
    -- The copy is left out of this channel's sales; without the original the sale would be nowhere.
    select
        'copy_without_original' as type,
        orders.channel,
        orders.order_id,
        'order ' || coalesce(orders.external_order_id, orders.order_name) || ' of ' || orders.duplicate_of
        || ' is in none of its exports' as evidence,
        orders.total_amount as amount_at_stake,
        orders.currency
    from core.orders
    left join core.orders as originals
        on
            orders.duplicate_of = originals.channel
            and originals.order_id in (orders.external_order_id, orders.order_name)
    left join ops.report_presence on orders.duplicate_of = report_presence.channel
    where
        orders.duplicate_of is not null
        -- Where none of its orders ever came, the missing report is the case.
        and report_presence.has_orders is distinct from false
        and orders.external_order_id is not null
        and not orders.is_test
        and originals.order_id is null
),

-- Where a copy does not say of which order it is one, nobody can see that its sale is counted anywhere.
unnamed as (
    select
        orders.channel,
        orders.duplicate_of,
        counted(count(*), 'order') as how_many,
        named_list(list(coalesce(orders.order_name, orders.order_id) order by orders.ordered_at, orders.order_id))
            as names,
        case when count(distinct orders.currency) = 1 then sum(orders.total_amount) end as total_amount,
        case when count(distinct orders.currency) = 1 then min(orders.currency) end as currency
    from core.orders
    left join core.orders as originals
        on orders.duplicate_of = originals.channel and orders.order_name = originals.order_id
    left join ops.report_presence on orders.duplicate_of = report_presence.channel
    where
        orders.duplicate_of is not null
        and report_presence.has_orders is distinct from false
        and orders.external_order_id is null
        and not orders.is_test
        and originals.order_id is null
    group by orders.channel, orders.duplicate_of
)

select
    type,
    'order' as subject_kind,
    channel || '/' || order_id as subject_id,
    channel,
    order_id,
    evidence,
    cast(amount_at_stake as decimal(18, 2)) as amount_at_stake,
    currency
from faults
union all
select
    'copy_without_original' as type,
    'channel' as subject_kind,
    channel || '/' || duplicate_of as subject_id,
    channel,
    cast(null as varchar) as order_id,
    how_many || ' that ' || duplicate_of || ' owns, and that name no order of it: ' || names as evidence,
    cast(total_amount as decimal(18, 2)) as amount_at_stake,
    currency
from unnamed;
