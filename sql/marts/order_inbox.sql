-- Every order of every channel in one inbox, as it is now: tests, copies and orders without an accepted line too.
-- grain:  one row per order
-- keeps:  core.orders by channel, order_id; money total_amount
-- needs:  orders, sibling_orders, shipments, sku_map
-- keys:   shop, channel, order_id
-- inputs: core.orders, core.order_lines, ops.blocked_orders, settings.channels, settings.run

create or replace table marts.order_inbox as
with

contents as (
    select
        channel,
        order_id,
        count(*) as lines,
        sum(quantity_units) as units,
        sum(open_units) as open_units,
        count(*) filter (where not is_mapped) as unmapped_lines,
        bool_or(is_sale) as is_sale,
        sum(gross_amount) as gross,
        sum(discount_amount) as discount,
        sum(tax_amount) as tax
    from core.order_lines
    group by channel, order_id
)

select
    run.shop,
    run.business_date as as_of,
    orders.channel,
    orders.order_id,
    orders.order_name,
    orders.ordered_at,
    orders.business_date,
    orders.state,
    orders.payment_state,
    coalesce(contents.lines, 0) as lines,
    cast(coalesce(contents.units, 0) as bigint) as units,
    cast(contents.open_units as bigint) as open_units,
    coalesce(contents.unmapped_lines, 0) as unmapped_lines,
    cast(contents.gross as decimal(18, 2)) as gross_amount,
    cast(coalesce(orders.discount_amount, contents.discount) as decimal(18, 2)) as discount_amount,
    cast(coalesce(orders.tax_amount, contents.tax) as decimal(18, 2)) as tax_amount,
    orders.shipping_amount,
    orders.refunded_amount,
    coalesce(orders.currency, channels.currency) as currency,
    orders.ship_by_at,
    orders.shipped_at,
    orders.cancelled_at,
    orders.duplicate_of,
    orders.is_test,
    orders.is_counted,
    coalesce(contents.is_sale, orders.sale_reason in ('sale', 'pending') and orders.state <> 'cancelled') as is_sale,
    orders.sale_reason,
    blocked_orders.blocking_exception,
    getvariable('rule_version') as rule_version,
    orders.source_file_id
from core.orders
inner join settings.channels using (channel)
cross join settings.run
left join contents using (channel, order_id)
left join ops.blocked_orders using (channel, order_id);

comment on column marts.order_inbox.lines is 'Accepted lines, cancelled ones too; 0 where every line is in quarantine';
comment on column marts.order_inbox.units is 'Units of the accepted lines';
comment on column marts.order_inbox.open_units is 'Units still to leave; null where no line was accepted';
comment on column marts.order_inbox.gross_amount is 'Units × price before discounts, of the accepted lines; null where no price is stated';
comment on column marts.order_inbox.discount_amount is 'Discounts by the order, else by its lines; 0 where neither states one';
comment on column marts.order_inbox.tax_amount is 'Tax by the order, else by its lines; null where neither states it';
comment on column marts.order_inbox.currency is 'ISO 4217; the channel''s where the order states none';
comment on column marts.order_inbox.source_file_id is 'Landed file of its newest state';
