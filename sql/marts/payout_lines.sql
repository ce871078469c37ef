-- Every line of every payout, and the order it pays.
-- An order is found by (order, order line, SKU), else (order, SKU), else (order). A line without a SKU is matched to
-- the order alone, so that no amount is ever counted twice.
-- grain:  one row per amount of a payout and bucket
-- keeps:  core.payout_lines by channel, payout_id, source_file_id, line_no, part, bucket; sum amount; money amount
-- needs:  orders, sku_map, payouts, payout_lines
-- keys:   shop, channel, payout_id, source_file_id, line_no, part, bucket
-- inputs: core.payout_lines, core.orders, core.order_lines, core.order_refs, core.sku_map, valid.orders,
--   ops.report_presence, settings.channels, settings.run

create or replace table marts.payout_lines as
with

-- A reference that no known order has is an order's where goods or their refund have it: shipments to a warehouse have
-- one too.
order_like as (
    select distinct
        channel,
        payout_id,
        order_ref
    from core.payout_lines
    anti join core.order_refs using (channel, order_ref)
    where order_ref is not null and bucket in ('sale', 'refund', 'chargeback', 'shipping', 'tax_collected')
),

order_skus as (
    select
        channel,
        order_id,
        channel_sku,
        min(sku) as sku,
        min(currency) as currency,
        cast(sum(quantity_units) as bigint) as quantity_units,
        sum(gross_amount) as gross_amount,
        sum(coalesce(discount_amount, 0)) as discount_amount,
        sum(coalesce(tax_amount, 0)) as tax_amount
    from core.order_lines
    group by channel, order_id, channel_sku
),

-- Many lines name the same goods: each is looked up once.
named as (
    select distinct
        channel,
        order_ref,
        item_ref,
        channel_sku
    from core.payout_lines
    where order_ref is not null
),

matches as (
    select
        named.*,
        refs.order_id,
        coalesce(order_lines.sku, order_skus.sku) as sku,
        case
            when order_lines.line_id is not null then 'order_item_sku'
            when order_skus.order_id is not null then 'order_sku'
            else 'order'
        end as match_rule,
        case match_rule
            when 'order_item_sku' then order_lines.line_id when 'order_sku' then named.channel_sku else ''
        end as goods
    from named
    inner join core.order_refs as refs on named.channel = refs.channel and named.order_ref = refs.order_ref
    left join core.order_lines
        on
            refs.channel = order_lines.channel and refs.order_id = order_lines.order_id
            and named.item_ref = order_lines.line_id and named.channel_sku = order_lines.channel_sku
    left join order_skus
        on
            refs.channel = order_skus.channel and refs.order_id = order_skus.order_id
            and named.channel_sku = order_skus.channel_sku
),

lines as not materialized (
    select
        payout_lines.*,
        matches.order_id,
        matches.sku,
        matches.match_rule,
        matches.goods,
        payout_lines.bucket = 'sale' or coalesce(payout_lines.split_reason in ('whole_order', 'share_of_order'), false)
            as is_payment
    from core.payout_lines
    left join matches
        on
            payout_lines.channel = matches.channel and payout_lines.order_ref = matches.order_ref
            and payout_lines.item_ref is not distinct from matches.item_ref
            and payout_lines.channel_sku is not distinct from matches.channel_sku
),

-- What was paid for goods so far, over all payouts, at the grain of the match.
paid as (
    select
        channel,
        order_id,
        match_rule,
        goods,
        currency,
        sum(amount) as amount,
        sum(quantity_units) as quantity_units
    from lines
    where match_rule is not null and is_payment
    group by all
),

-- An order paid in several ways ("Gift Card + …") is paid here only in part.
split_orders as (
    select distinct
        channel,
        order_id,
        file_id
    from valid.orders
    where contains(payment_method, ' + ')
),

-- Channels state goods with or without tax, discount and shipping: each of the order's own totals will do.
ordered as (
    select
        channel,
        order_id,
        'order_item_sku' as match_rule,
        line_id as goods,
        currency,
        quantity_units,
        totals_of(gross_amount, tax_amount, discount_amount) as amounts
    from core.order_lines
    union all
    select
        channel,
        order_id,
        'order_sku' as match_rule,
        channel_sku as goods,
        currency,
        quantity_units,
        totals_of(gross_amount, tax_amount, discount_amount) as amounts
    from order_skus
    union all
    select
        orders.channel,
        orders.order_id,
        'order' as match_rule,
        '' as goods,
        orders.currency,
        cast(null as bigint) as quantity_units,
        -- TikTok states the goods before the seller's discount.
        list_concat(
            totals_of(orders.total_amount, orders.tax_amount, orders.shipping_amount),
            totals_of(
                orders.total_amount + coalesce(orders.discount_amount, 0), orders.tax_amount, orders.shipping_amount
            )
        ) as amounts
    from core.orders
    anti join split_orders
        on
            orders.channel = split_orders.channel and orders.order_id = split_orders.order_id
            and orders.source_file_id = split_orders.file_id
    where orders.total_amount is not null
),

differing as (
    select paid.*
    from paid
    inner join ordered using (channel, order_id, match_rule, goods)
    where
        -- Sold in one currency and paid in another: by which rate, no file says.
        coalesce(paid.currency = ordered.currency, true)
        and not list_contains(ordered.amounts, paid.amount)
        -- Half of an order shipped is half of it paid.
        and (
            paid.quantity_units is null or ordered.quantity_units is null
            or paid.quantity_units >= ordered.quantity_units
        )
)

select
    run.shop,
    lines.channel,
    lines.payout_id,
    lines.line_no,
    lines.part,
    lines.transaction_type as type,
    lines.amount_type,
    lines.description,
    lines.bucket,
    lines.order_ref,
    lines.order_id,
    coalesce(lines.sku, sku_map.sku, lines.channel_sku) as sku,
    lines.posted_at,
    lines.amount,
    lines.currency,
    lines.split_reason,
    lines.match_rule,
    case
        when differing.order_id is not null then 'amount_differs'
        when lines.match_rule is not null then 'matched'
        when order_like.order_ref is null then 'not_an_order'
        when report_presence.has_orders is false then 'no_orders'
        when
            lines.posted_at < report_presence.orders_known_from_at
            or cast(timezone(channels.timezone, lines.posted_at) as date) > report_presence.orders_known_to_date
            then 'no_orders'
        else 'paid_not_ordered'
    end as match_status,
    getvariable('rule_version') as rule_version,
    lines.source_file_id
from lines
cross join settings.run
left join core.sku_map on lines.channel = sku_map.channel and lines.channel_sku = sku_map.channel_sku
left join order_like
    on
        lines.channel = order_like.channel and lines.payout_id = order_like.payout_id
        and lines.order_ref = order_like.order_ref
left join settings.channels on lines.channel = channels.channel
left join ops.report_presence on lines.channel = report_presence.channel
left join differing
    on
        lines.channel = differing.channel and lines.order_id = differing.order_id
        and lines.match_rule = differing.match_rule and lines.goods = differing.goods and lines.is_payment;

comment on column marts.payout_lines.type is 'The channel''s own type';
comment on column marts.payout_lines.sku is 'Seller''s SKU, or the channel''s where it is not mapped';
