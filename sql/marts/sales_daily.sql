-- What each channel sold each day, by SKU: counted orders, less what was cancelled. A bundle is sold as a bundle.
-- Channels tell refunds by order. A refund stands on the day of its order and is shared over the order's lines in
-- proportion to their gross, down to the cent; the cents left over go to the largest line, so the sum is exact.
-- grain:  one row per business date × channel × SKU × currency
-- keeps:  core.order_lines by channel, business_date, sku; sum gross_amount, quantity_units = units; money gross_amount;
--   units quantity_units; leaves not_counted where not is_counted; leaves cancelled where is_cancelled
-- keys:   shop, business_date, channel, sku, currency
-- inputs: core.order_lines, core.orders, settings.channels, settings.run

create or replace table marts.sales_daily as
with

sold as (
    select
        lines.channel,
        lines.order_id,
        lines.business_date,
        lines.sku,
        coalesce(lines.currency, channels.currency) as currency,
        lines.quantity_units,
        lines.gross_amount,
        coalesce(lines.discount_amount, 0) as discount_amount,
        cast(lines.gross_amount * 100 as bigint) as gross_cents,
        cast(coalesce(orders.refunded_amount, 0) * 100 as bigint) as order_refund_cents,
        row_number() over (
            partition by lines.channel, lines.order_id order by lines.gross_amount desc nulls last, lines.line_id asc
        ) = 1 as is_largest
    from core.order_lines as lines
    inner join core.orders using (channel, order_id)
    inner join settings.channels using (channel)
    where lines.is_counted and not lines.is_cancelled
),

-- Whole cents throughout: `//` drops the fraction.
shares as (
    select
        *,
        coalesce(
            order_refund_cents * gross_cents
            // nullif(cast(sum(gross_cents) over (partition by channel, order_id) as bigint), 0),
            0
        ) as share_cents
    from sold
),

refunded as (
    select
        *,
        share_cents + case
            when is_largest then order_refund_cents - sum(share_cents) over (partition by channel, order_id)
            else 0
        end as refund_cents
    from shares
)

select
    run.shop,
    refunded.business_date,
    refunded.channel,
    refunded.sku,
    refunded.currency,
    cast(sum(refunded.quantity_units) as bigint) as units,
    cast(sum(refunded.gross_amount) as decimal(18, 2)) as gross_amount,
    cast(sum(refunded.discount_amount) as decimal(18, 2)) as discount_amount,
    cast(sum(refunded.gross_amount - refunded.discount_amount) as decimal(18, 2)) as net_amount,
    cast(cast(sum(refunded.refund_cents) as decimal(18, 0)) * 0.01 as decimal(18, 2)) as refunds_amount,
    '1' as rule_version
from refunded
cross join settings.run
group by run.shop, refunded.business_date, refunded.channel, refunded.sku, refunded.currency;

comment on table marts.sales_daily is 'What each channel sold each day, by SKU: counted orders, less what was cancelled.';
comment on column marts.sales_daily.shop is 'Shop';
comment on column marts.sales_daily.business_date is 'Local date of the order in its channel''s zone';
comment on column marts.sales_daily.channel is 'Channel by the shop file''s name';
comment on column marts.sales_daily.sku is 'Seller''s SKU; the channel''s own where no map names it';
comment on column marts.sales_daily.currency is 'ISO 4217';
comment on column marts.sales_daily.units is 'Units sold; those of orders still pending too';
comment on column marts.sales_daily.gross_amount is 'Units × price before discounts; null where the channel tells no price yet';
comment on column marts.sales_daily.discount_amount is 'Discounts of those lines';
comment on column marts.sales_daily.net_amount is 'Gross less discounts, before refunds';
comment on column marts.sales_daily.refunds_amount is 'Given back so far of the orders of that day, by the order''s own figure';
comment on column marts.sales_daily.rule_version is 'Version of the rule that computed it';
