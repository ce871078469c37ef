-- What each sale and refund of a payout is of, and what was charged for it: the goods with shipping and wrapping after
-- promotions, the tax, and the commission, as the lines state them.
-- grain:  one row per payout, order, item and kind of transaction
-- keys:   channel, payout_id, currency, order_ref, transaction_type, item
-- inputs: core.payout_lines

create or replace table ops.order_fees as
select
    channel,
    payout_id,
    currency,
    order_ref,
    coalesce(transaction_type, '') as transaction_type,
    coalesce(item_ref, channel_sku, '') as item,
    sum_where(amount, bucket in ('sale', 'refund', 'shipping', 'gift_wrap', 'promotion')) as price_amount,
    sum_where(amount, bucket = 'tax_collected') as tax_amount,
    -sum_where(amount, bucket = 'commission') as charged_amount,
    bool_or(bucket = 'sale') as has_sale,
    bool_or(bucket = 'refund') as has_refund,
    cast(min(posted_at) as date) as posted_date
from core.payout_lines
where
    order_ref is not null and payout_id != 'pending ' || currency
    and bucket in ('sale', 'refund', 'shipping', 'gift_wrap', 'promotion', 'tax_collected', 'commission')
group by channel, payout_id, currency, order_ref, coalesce(transaction_type, ''), coalesce(item_ref, channel_sku, '');

comment on column ops.order_fees.item is 'Order line or SKU as the line states it; blank where it states none';
comment on column ops.order_fees.price_amount is 'Goods, shipping and wrapping after promotions, without tax; negative of a refund';
