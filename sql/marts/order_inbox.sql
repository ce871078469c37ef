-- Every order of every channel in one inbox, as it stands: tests, copies and orders without an accepted line too.
-- grain:  one row per order
-- keeps:  core.orders by channel, order_id; money total_amount
-- needs:  orders, sibling_orders, shipments, sku_map
-- keys:   shop, channel, order_id
-- inputs: core.orders, core.order_lines, ledger.exceptions, settings.exception_types, settings.channels, settings.run

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
),

-- The oldest, where several hold it back.
blocked as (
    select
        exceptions.channel,
        exceptions.order_id,
        arg_min(exceptions.type, (exceptions.opened_at, exceptions.type)) as type
    from ledger.exceptions
    inner join settings.exception_types using (type)
    where exception_types.is_blocking and exceptions.state <> 'closed'
    group by exceptions.channel, exceptions.order_id
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
    blocked.type as blocking_exception,
    '1' as rule_version,
    orders.source_file_id
from core.orders
inner join settings.channels using (channel)
cross join settings.run
left join contents using (channel, order_id)
left join blocked using (channel, order_id);

comment on table marts.order_inbox is 'Every order of every channel in one inbox, as it stands.';
comment on column marts.order_inbox.shop is 'Shop';
comment on column marts.order_inbox.as_of is 'Business date of the state';
comment on column marts.order_inbox.channel is 'Channel by the shop file''s name';
comment on column marts.order_inbox.order_id is 'The channel''s own order id';
comment on column marts.order_inbox.order_name is 'The number people and other systems call the order by';
comment on column marts.order_inbox.ordered_at is 'Moment it was placed, UTC';
comment on column marts.order_inbox.business_date is 'Local date of the order in its channel''s zone';
comment on column marts.order_inbox.state is 'open, partial (a part has left), held, pending (waits for its payment), shipped, cancelled, refunded (before it left), unpaid, failed, voided, expired, draft, or unknown (a word in no list)';
comment on column marts.order_inbox.payment_state is 'The channel''s own word for the payment';
comment on column marts.order_inbox.lines is 'Accepted lines, cancelled ones too; 0 where every line is in quarantine';
comment on column marts.order_inbox.units is 'Units of the accepted lines';
comment on column marts.order_inbox.open_units is 'Units still to leave; null where no line was accepted';
comment on column marts.order_inbox.unmapped_lines is 'Lines whose SKU is blank or in no map: they wait in the mapping queue';
comment on column marts.order_inbox.gross_amount is 'Units × price before discounts, of the accepted lines; null where no price is told';
comment on column marts.order_inbox.discount_amount is 'Discounts by the order, else by its lines; null where neither tells';
comment on column marts.order_inbox.tax_amount is 'Tax by the order, else by its lines; null where neither tells';
comment on column marts.order_inbox.shipping_amount is 'Shipping the buyer pays';
comment on column marts.order_inbox.refunded_amount is 'Given back so far; null where the channel''s orders do not tell';
comment on column marts.order_inbox.currency is 'ISO 4217; the channel''s where the order does not tell';
comment on column marts.order_inbox.ship_by_at is 'Moment by which it must leave, UTC';
comment on column marts.order_inbox.shipped_at is 'Moment it left, UTC';
comment on column marts.order_inbox.cancelled_at is 'Moment it was cancelled, UTC';
comment on column marts.order_inbox.duplicate_of is 'Channel that owns the sale; null where this is the sale itself';
comment on column marts.order_inbox.is_test is 'Paid through the channel''s test gateway';
comment on column marts.order_inbox.is_counted is 'An order of this channel: no test, no copy, not fulfilled for another';
comment on column marts.order_inbox.is_sale is 'Its money counts';
comment on column marts.order_inbox.sale_reason is 'sale, pending (money comes later by nature), or why its money does not count';
comment on column marts.order_inbox.blocking_exception is 'Type of the oldest open exception that keeps it off the pick list';
comment on column marts.order_inbox.rule_version is 'Version of the rule that computed it';
comment on column marts.order_inbox.source_file_id is 'Landed file of its newest state';
