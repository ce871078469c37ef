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

-- Many lines name the same goods: each is looked up once, and found by one number that stands for all its names.
named as (
    select
        channel,
        order_ref,
        item_ref,
        channel_sku,
        currency,
        hash(channel, order_ref, item_ref, channel_sku, currency) as goods_no,
        sum(amount) filter (where is_payment(bucket, split_reason)) as paid_amount,
        sum(quantity_units) filter (where is_payment(bucket, split_reason)) as paid_units
    from core.payout_lines
    group by channel, order_ref, item_ref, channel_sku, currency
),

with_line as (
    select
        named.*,
        refs.order_id,
        order_lines.line_id,
        order_lines.sku,
        order_lines.currency as ordered_currency,
        order_lines.quantity_units,
        order_lines.gross_amount,
        order_lines.discount_amount,
        order_lines.tax_amount
    from named
    left join core.order_refs as refs on named.channel = refs.channel and named.order_ref = refs.order_ref
    left join core.order_lines
        on
            refs.channel = order_lines.channel and refs.order_id = order_lines.order_id
            and named.item_ref = order_lines.line_id and named.channel_sku = order_lines.channel_sku
),

order_skus as (
    select
        order_lines.channel,
        order_lines.order_id,
        order_lines.channel_sku,
        min(order_lines.sku) as sku,
        min(order_lines.currency) as ordered_currency,
        cast(sum(order_lines.quantity_units) as bigint) as quantity_units,
        sum(order_lines.gross_amount) as gross_amount,
        sum(coalesce(order_lines.discount_amount, 0)) as discount_amount,
        sum(coalesce(order_lines.tax_amount, 0)) as tax_amount
    from core.order_lines
    semi join with_line
        on
            order_lines.channel = with_line.channel and order_lines.order_id = with_line.order_id
            and order_lines.channel_sku = with_line.channel_sku and with_line.line_id is null
    group by order_lines.channel, order_lines.order_id, order_lines.channel_sku
),

matches as (
    select
        with_line.channel,
        with_line.order_ref,
        with_line.currency,
        with_line.goods_no,
        with_line.paid_amount,
        with_line.paid_units,
        with_line.order_id,
        coalesce(with_line.sku, order_skus.sku, sku_map.sku, with_line.channel_sku) as sku,
        case
            when with_line.order_id is null then null
            when with_line.line_id is not null then 'order_item_sku'
            when order_skus.order_id is not null then 'order_sku'
            else 'order'
        end as match_rule,
        case match_rule
            when 'order_item_sku' then with_line.line_id when 'order_sku' then with_line.channel_sku
        end as goods,
        hash(with_line.channel, with_line.order_id, match_rule, goods) as match_no,
        coalesce(with_line.gross_amount, order_skus.gross_amount) as gross_amount,
        coalesce(with_line.discount_amount, order_skus.discount_amount) as discount_amount,
        coalesce(with_line.tax_amount, order_skus.tax_amount) as tax_amount,
        coalesce(with_line.quantity_units, order_skus.quantity_units) as quantity_units,
        coalesce(with_line.ordered_currency, order_skus.ordered_currency) as ordered_currency
    from with_line
    left join order_skus
        on
            with_line.channel = order_skus.channel and with_line.order_id = order_skus.order_id
            and with_line.channel_sku = order_skus.channel_sku and with_line.line_id is null
    left join core.sku_map on with_line.channel = sku_map.channel and with_line.channel_sku = sku_map.channel_sku
),

-- What was paid for goods so far, over all payouts, at the grain of the match.
sums as (
    select
        match_no,
        hash(currency) as currency_no,
        sum(paid_amount) as amount,
        sum(paid_units) as units
    from matches
    where match_rule is not null and paid_amount is not null
    group by match_no, hash(currency)
),

paid as not materialized (
    select
        matches.* exclude (paid_amount, paid_units),
        sums.amount as paid_amount,
        sums.units as paid_units
    from matches
    inner join sums on matches.match_no = sums.match_no and hash(matches.currency) = sums.currency_no
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
differing as (
    select match_no
    from paid
    where
        match_rule != 'order'
        -- Sold in one currency and paid in another: by which rate, no file says.
        and coalesce(currency = ordered_currency, true)
        and not is_total_of(paid_amount, gross_amount, tax_amount, discount_amount)
        -- Half of an order shipped is half of it paid.
        and (paid_units is null or quantity_units is null or paid_units >= quantity_units)
    union
    select paid.match_no
    from paid
    inner join core.orders using (channel, order_id)
    anti join split_orders
        on
            orders.channel = split_orders.channel and orders.order_id = split_orders.order_id
            and orders.source_file_id = split_orders.file_id
    where
        paid.match_rule = 'order' and orders.total_amount is not null
        and coalesce(paid.currency = orders.currency, true)
        and not is_total_of(paid.paid_amount, orders.total_amount, orders.tax_amount, orders.shipping_amount)
        -- TikTok states the goods before the seller's discount.
        and not is_total_of(
            paid.paid_amount, orders.total_amount + coalesce(orders.discount_amount, 0), orders.tax_amount,
            orders.shipping_amount
        )
),

found as (
    select
        matches.goods_no,
        matches.order_id,
        matches.sku,
        matches.match_rule,
        differing.match_no is not null as is_differing,
        channels.timezone,
        report_presence.has_orders,
        report_presence.orders_known_from_at,
        report_presence.orders_known_to_date
    from matches
    left join differing using (match_no)
    left join settings.channels on matches.channel = channels.channel
    left join ops.report_presence on matches.channel = report_presence.channel
),

-- A reference that no known order has is an order's where goods or their refund have it: shipments to a warehouse have
-- one too.
order_like as (
    select distinct
        channel,
        payout_id,
        order_ref
    from core.payout_lines
    semi join matches
        on
            payout_lines.channel = matches.channel and payout_lines.order_ref = matches.order_ref
            and matches.order_id is null
    where bucket in ('sale', 'refund', 'chargeback', 'shipping', 'tax_collected')
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
    found.order_id,
    found.sku,
    lines.posted_at,
    lines.amount,
    lines.currency,
    lines.split_reason,
    found.match_rule,
    case
        when found.is_differing and is_payment(lines.bucket, lines.split_reason) then 'amount_differs'
        when found.match_rule is not null then 'matched'
        when order_like.order_ref is null then 'not_an_order'
        when found.has_orders is false then 'no_orders'
        when
            lines.posted_at < found.orders_known_from_at
            or cast(timezone(found.timezone, lines.posted_at) as date) > found.orders_known_to_date
            then 'no_orders'
        else 'paid_not_ordered'
    end as match_status,
    getvariable('rule_version') as rule_version,
    lines.source_file_id
from core.payout_lines as lines
cross join settings.run
inner join found
    on hash(lines.channel, lines.order_ref, lines.item_ref, lines.channel_sku, lines.currency) = found.goods_no
left join order_like
    on
        lines.channel = order_like.channel and lines.payout_id = order_like.payout_id
        and lines.order_ref = order_like.order_ref;

comment on column marts.payout_lines.type is 'The channel''s own type';
comment on column marts.payout_lines.sku is 'Seller''s SKU, or the channel''s where it is not mapped';
