-- Orders of which the channel's own report says that it holds their money, or that it has released it for the payout to
-- come: earned, and neither paid nor late. The newest file that names an order says it. What a payout has paid since that
-- file is not held any more, and what was released before the last payout line is in a payout, or missing.
-- grain:  one row per order
-- keys:   channel, order_id
-- inputs: valid.held_amounts, core.order_refs, core.payout_lines, settings.channels

create or replace table ops.held_orders as
with

named as (
    select
        held.*,
        coalesce(refs.order_id, held.order_ref) as order_id
    from valid.held_amounts as held
    left join core.order_refs as refs on held.channel = refs.channel and held.order_ref = refs.order_ref
),

newest as (
    select *
    from named
    qualify dense_rank() over (partition by channel, order_id order by exported_at desc, file_id desc) = 1
),

last_lines as (
    select
        channel,
        cast(max(posted_at) as date) as posted_date
    from core.payout_lines
    where payout_id != 'pending ' || currency
    group by channel
),

paid as (
    select
        lines.channel,
        coalesce(refs.order_id, lines.order_ref) as order_id,
        cast(max(lines.posted_at) as date) as posted_date
    from core.payout_lines as lines
    left join core.order_refs as refs on lines.channel = refs.channel and lines.order_ref = refs.order_ref
    where lines.bucket = 'sale' and lines.payout_id != 'pending ' || lines.currency and lines.order_ref is not null
    group by lines.channel, coalesce(refs.order_id, lines.order_ref)
)

select
    newest.channel,
    newest.order_id,
    cast(sum(newest.amount) as decimal(18, 2)) as amount,
    any_value(channels.currency) as currency,
    bool_or(newest.is_held) as is_held,
    max(newest.released_date) as released_date,
    cast(min(newest.posted_at) as date) as posted_date,
    cast(max(newest.exported_at) as date) as stated_date,
    any_value(newest.file_id) as source_file_id
from newest
inner join settings.channels using (channel)
left join last_lines using (channel)
left join paid using (channel, order_id)
where
    (
        newest.is_held
        or (newest.released_date is not null and coalesce(newest.released_date > last_lines.posted_date, true))
    )
    and not coalesce(paid.posted_date >= cast(newest.exported_at as date), false)
group by newest.channel, newest.order_id;

comment on column ops.held_orders.amount is 'What the channel holds, or has released, after its fees';
comment on column ops.held_orders.source_file_id is 'Landed file that says so';
