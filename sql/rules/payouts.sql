-- What makes a payout line the same line in another file: its key where the channel gives one, else all that it says.

create or replace macro line_identity(
    line_key,
    part,
    transaction_type,
    amount_type,
    description,
    amount,
    order_ref,
    item_ref,
    channel_sku,
    quantity_units,
    posted_at
) as
case
    when line_key is not null then hash(line_key, part)
    else
        hash(
            part, transaction_type, amount_type, description, amount, order_ref, item_ref, channel_sku, quantity_units,
            posted_at
        )
end;

-- A payout that has left, or never will. Until then a channel may move its lines to another day's payout.
create or replace macro is_final(state) as
coalesce(lower(state) in ('paid', 'failed', 'cancelled', 'canceled', 'returned'), false);

-- Money of the rows that fit, 0 where none does.
create or replace macro sum_where(amount, condition) as
cast(coalesce(sum(amount) filter (where condition), 0) as decimal(18, 2));

-- Whether goods may be paid with an amount: channels state them with or without tax, discount and shipping.
create or replace macro is_total_of(paid, amount, tax, other) as
coalesce(paid in (
    amount, amount - coalesce(tax, 0), amount - coalesce(other, 0), amount - coalesce(other, 0) - coalesce(tax, 0)
), false);

-- Whether an amount pays for goods, or for a whole order.
create or replace macro is_payment(bucket, split_reason) as
bucket = 'sale' or coalesce(split_reason in ('whole_order', 'share_of_order'), false);
