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
