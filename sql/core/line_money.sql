-- The money of each order line. What the order says and no line does (a discount on the whole order, what was
-- refunded, its tax) is shared over the lines by price less discount, in whole cents, so that the lines add up to the
-- order and none goes below zero (share_cents in sql/rules). Without prices, the first line has it all.
-- A refund goes to the lines whose units were removed, cancelled or returned, up to what these cost the buyer; what is
-- beyond that, and a refund of which no unit is known, is shared over what is left of all lines.
-- What a channel pays of a price instead of the buyer it takes back with a refund, in the same proportion.
-- Where the orders of a channel never state a refund, what was given back is not known here: not 0.
-- Of the tax inside the order's prices, what the buyer paid for shipping has its part: goods and shipping alike.
-- grain:  one row per order line
-- keys:   channel, order_id, line_id
-- by:     channel, order_id
-- inputs: core.stated_lines, core.line_units, core.order_headers, core.stated_totals, settings.channels

create or replace table core.line_money as
with

lines as (
    select
        stated_lines.*,
        headers.subtotal_amount,
        coalesce(headers.is_tax_included, channels.is_tax_inclusive) as is_tax_included,
        cast(headers.discount_amount * 100 as bigint) as order_discount_cents,
        cast(
            coalesce(
                refund_with_funded(headers.refunded_amount, headers.funded_discount_amount, headers.total_amount),
                case when stated.states_refunds then 0 end
            ) * 100 as bigint
        ) as order_refund_cents,
        cast(headers.tax_amount * 100 as bigint) as order_tax_cents,
        cast(coalesce(headers.shipping_amount, 0) * 100 as bigint) as shipping_cents,
        cast((stated_lines.gross_amount - coalesce(stated_lines.discount_amount, 0)) * 100 as bigint) as price_cents,
        -- Of the units that were not sent some of the returned ones may be.
        least(
            stated_lines.ordered_units,
            coalesce(units.removed_units, 0) + greatest(
                coalesce(units.cancelled_units, 0), coalesce(stated_lines.returned_units, 0)
            )
        ) as back_units
    from core.stated_lines
    left join core.line_units as units using (channel, order_id, line_id)
    inner join core.order_headers as headers using (channel, order_id)
    inner join settings.channels using (channel)
    left join core.stated_totals as stated using (channel)
),

totals as (
    select
        *,
        sum(price_cents) over (partition by channel, order_id) as total_cents,
        coalesce(sum(price_cents) over (
            partition by channel, order_id order by line_no, line_id rows between unbounded preceding and current row
        ), 0) as run_cents,
        count(tax_amount) over (partition by channel, order_id) as taxed_lines,
        row_number() over (partition by channel, order_id order by line_no, line_id) = 1 as is_first
    from lines
),

-- Nothing where no subtotal is stated, or the lines already show all of it.
owed as (
    select
        * exclude (total_cents),
        nullif(total_cents, 0) as total_cents,
        case
            when subtotal_amount is null or coalesce(order_discount_cents, 0) <= 0 then 0
            else greatest(least(total_cents - cast(subtotal_amount * 100 as bigint), order_discount_cents), 0)
        end as hidden_discount_cents,
        coalesce(total_cents, 0) as goods_cents
    from totals
),

taxed as (
    select
        *,
        case
            when taxed_lines > 0 then null
            when is_tax_included and shipping_cents > 0
                then cast(
                    round(
                        cast(order_tax_cents as decimal(38, 6)) * (goods_cents - hidden_discount_cents)
                        / (goods_cents - hidden_discount_cents + shipping_cents)
                    ) as bigint
                )
            else order_tax_cents
        end as hidden_tax_cents
    from owed
),

cents as (
    select
        *,
        share_cents(hidden_discount_cents, price_cents, run_cents, total_cents, is_first) as discount_cents,
        share_cents(hidden_tax_cents, price_cents, run_cents, total_cents, is_first) as tax_cents
    from taxed
),

amounts as (
    select
        *,
        coalesce(discount_amount, 0) + cast(discount_cents as decimal(18, 0)) * 0.01 as all_discount_amount,
        coalesce(tax_amount, cast(tax_cents as decimal(18, 0)) * 0.01) as all_tax_amount
    from cents
),

-- What the buyer paid for each line, and for those of its units that are not wanted any more.
paid as (
    select
        *,
        greatest(coalesce(
            price_cents - discount_cents
            + case when is_tax_included then 0 else coalesce(cast(all_tax_amount * 100 as bigint), 0) end, 0
        ), 0) as paid_cents,
        coalesce(paid_cents * back_units // nullif(ordered_units, 0), 0) as back_cents,
        paid_cents - back_cents as kept_cents
    from amounts
),

refunds as (
    select
        *,
        nullif(sum(back_cents) over whole_order, 0) as back_total,
        sum(back_cents) over in_order as back_run,
        nullif(sum(kept_cents) over whole_order, 0) as kept_total,
        sum(kept_cents) over in_order as kept_run,
        least(order_refund_cents, sum(back_cents) over whole_order) as known_cents
    from paid
    window
        in_order as (
            partition by channel, order_id order by line_no, line_id rows between unbounded preceding and current row
        ),
        whole_order as (partition by channel, order_id)
),

refunded as (
    select
        *,
        share_cents(known_cents, back_cents, back_run, back_total, is_first)
        + case
            when kept_total is null
                then share_cents(order_refund_cents - known_cents, back_cents, back_run, back_total, is_first)
            else share_cents(order_refund_cents - known_cents, kept_cents, kept_run, kept_total, is_first)
        end as refund_cents
    from refunds
)

select
    channel,
    order_id,
    line_id,
    gross_amount,
    cast(all_discount_amount as decimal(18, 2)) as discount_amount,
    cast(all_tax_amount as decimal(18, 2)) as tax_amount,
    is_tax_included,
    cast(
        case
            when is_tax_included then gross_amount - all_discount_amount - all_tax_amount
            when not is_tax_included then gross_amount - all_discount_amount
        end as decimal(18, 2)
    ) as net_amount,
    cast(
        case when order_refund_cents is not null then cast(refund_cents as decimal(18, 0)) * 0.01 end as decimal(18, 2)
    ) as refunded_amount,
    currency
from refunded;

comment on column core.line_money.refunded_amount is 'Its share of what was given back of the order so far; null where the channel''s orders do not say it';
