-- Whether an order was placed: a sale, or one that waits for its payment. One that is cancelled was, unless nobody ever paid
-- it: a checkout that the shop or the marketplace cancels by itself once its time is over.

create or replace macro is_placed_order(state, sale_reason) as
sale_reason in ('sale', 'pending') or (state = 'cancelled' and sale_reason in ('voided', 'unknown_word'));
