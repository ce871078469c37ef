-- What each channel sold each day, by SKU: every line that is a sale. A bundle is sold as a bundle. A line whose SKU is
-- blank or in no map keeps its money and units under its listing (`item`), with no SKU.
-- Channels report refunds by order. A refund is on the day of its order and shared over the order's lines
-- (core.line_money), so that the sum is exact. A channel whose orders never state a refund, not even one of nothing
-- (Amazon, eBay, wholesale), leaves them to its payouts: they are not known here.
-- grain:  one row per business date × channel × item × currency
-- keeps:  core.order_lines by channel, business_date,
--   coalesce(sku, 'unmapped: ' || channel_sku, 'without a SKU') = item; sum gross_amount, quantity_units = units;
--   money gross_amount; units quantity_units;
--   leaves test where sale_reason = 'test'; leaves copy where sale_reason = 'copy';
--   leaves other_channel where sale_reason = 'other_channel'; leaves cancelled where sale_reason = 'cancelled';
--   leaves unknown_word where sale_reason = 'unknown_word'; leaves never_paid where not is_sale
-- needs:  orders, sibling_orders, sku_map
-- keys:   shop, business_date, channel, item, currency
-- inputs: core.order_lines, settings.channels, settings.run

create or replace table marts.sales_daily as
with

sold as (
    select
        lines.*,
        coalesce(lines.sku, 'unmapped: ' || lines.channel_sku, 'without a SKU') as item,
        coalesce(lines.currency, channels.currency) as sold_currency
    from core.order_lines as lines
    inner join settings.channels using (channel)
    where lines.is_sale
)

select
    run.shop,
    sold.business_date,
    sold.channel,
    sold.item,
    max(sold.sku) as sku,
    sold.sold_currency as currency,
    cast(sum(sold.quantity_units) as bigint) as units,
    cast(coalesce(sum(sold.quantity_units) filter (where sold.sale_reason = 'pending'), 0) as bigint) as pending_units,
    cast(sum(sold.gross_amount) as decimal(18, 2)) as gross_amount,
    cast(sum(sold.gross_amount) filter (where sold.sale_reason = 'pending') as decimal(18, 2)) as pending_amount,
    cast(sum(sold.discount_amount) as decimal(18, 2)) as discount_amount,
    -- One line of unknown net makes the day's net of the SKU unknown; a line without a price yet adds nothing.
    cast(
        case
            when count(*) filter (where sold.gross_amount is not null and sold.net_amount is null) = 0
                then sum(sold.net_amount)
        end as decimal(18, 2)
    ) as net_amount,
    cast(sum(sold.tax_amount) filter (where sold.is_tax_included) as decimal(18, 2)) as included_tax_amount,
    cast(sum(sold.refunded_amount) as decimal(18, 2)) as refunds_amount,
    getvariable('rule_version') as rule_version
from sold
cross join settings.run
group by run.shop, sold.business_date, sold.channel, sold.item, sold.sold_currency;

comment on column marts.sales_daily.sku is 'Seller''s SKU; the channel''s own where the channel has no map; null where it is blank or in no map';
comment on column marts.sales_daily.units is 'Units sold, those of pending orders too';
comment on column marts.sales_daily.gross_amount is 'Units × price before discounts, with tax where prices contain it; null where the channel states no price yet';
comment on column marts.sales_daily.discount_amount is 'Discounts of those lines, with their shares of the orders'' discounts';
comment on column marts.sales_daily.net_amount is 'Gross less discounts, without tax, before refunds; null where prices contain tax that nothing states';
