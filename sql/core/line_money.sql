-- The money of each order line. What the order says and no line does (a discount on the whole order, what was
-- refunded, its tax) is shared over the lines by price less discount, in whole cents, so that the lines add up to the
-- order and none goes below zero (share_cents in sql/rules). Without prices, the first line has it all.
-- grain:  one row per order line
-- keys:   channel, order_id, line_id
-- inputs: core.stated_lines, core.order_headers, settings.channels

create or replace table core.line_money as
with

lines as (
    select
        stated_lines.*,
        headers.subtotal_amount,
        coalesce(headers.is_tax_included, channels.is_tax_inclusive) as is_tax_included,
        cast(headers.discount_amount * 100 as bigint) as order_discount_cents,
        cast(coalesce(headers.refunded_amount, 0) * 100 as bigint) as order_refund_cents,
        cast(headers.tax_amount * 100 as bigint) as order_tax_cents,
        cast((stated_lines.gross_amount - coalesce(stated_lines.discount_amount, 0)) * 100 as bigint) as price_cents
    from core.stated_lines
    inner join core.order_headers as headers using (channel, order_id)
    inner join settings.channels using (channel)
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
        case when taxed_lines = 0 then order_tax_cents end as hidden_tax_cents
    from totals
),

cents as (
    select
        *,
        share_cents(hidden_discount_cents, price_cents, run_cents, total_cents, is_first) as discount_cents,
        share_cents(order_refund_cents, price_cents, run_cents, total_cents, is_first) as refund_cents,
        share_cents(hidden_tax_cents, price_cents, run_cents, total_cents, is_first) as tax_cents
    from owed
),

amounts as (
    select
        *,
        coalesce(discount_amount, 0) + cast(discount_cents as decimal(18, 0)) * 0.01 as all_discount_amount,
        coalesce(tax_amount, cast(tax_cents as decimal(18, 0)) * 0.01) as all_tax_amount
    from cents
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
        gross_amount - all_discount_amount - case when is_tax_included then all_tax_amount else 0 end
        as decimal(18, 2)
    ) as net_amount,
    cast(cast(refund_cents as decimal(18, 0)) * 0.01 as decimal(18, 2)) as refunded_amount,
    currency
from amounts;

comment on column core.line_money.refunded_amount is 'Its share of what was given back of the order so far';
