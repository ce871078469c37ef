-- What each order is owed, by whom, and what is kept of it: the order's total, with what the channel pays of it instead of
-- the buyer, less refunds, the tax that the channel
-- pays to the state itself, and the fees that its payer publishes or agreed on (config/terms). Who holds the money
-- follows from the payment method (config/words). An order that nobody owes anything says why.
-- A buyer on terms has the days that the order states, if it states them.
-- Where no total is stated it is the lines' price less discount, and the shipping.
-- Fees are the standard ones: what a channel takes from the category or plan that it is in shows in its payout. A payment
-- method that has a rate of its own (settings.fee_methods) is charged that one, and no other: where it is not listed, the
-- fees are not known. Of an order that is paid in part the payer holds that part.
-- grain:  one row per counted order
-- keys:   channel, order_id
-- by:     channel, order_id
-- inputs: core.orders, valid.orders, core.order_lines, core.word_meanings, settings.channels, settings.order_words, settings.payers,
--   settings.fees, settings.fee_methods

create or replace table ops.order_dues as
with

line_totals as (
    select
        channel,
        order_id,
        sum(coalesce(gross_amount, 0) - coalesce(discount_amount, 0)) as amount,
        count(*) as lines
    from core.order_lines
    where is_sale
    group by channel, order_id
),

-- A marketplace takes the money however the buyer pays, and may not say how.
any_method as (
    select
        platform,
        meaning
    from settings.order_words
    where axis = 'method' and word = '%'
),

terms as (
    select
        channel,
        order_id,
        file_id,
        max(net_terms_days) as net_terms_days
    from valid.orders
    where net_terms_days is not null
    group by channel, order_id, file_id
),

methods as (
    select
        orders.channel,
        orders.order_id,
        orders.business_date,
        orders.shipped_at,
        orders.state,
        orders.currency,
        orders.source_file_id,
        terms.net_terms_days,
        orders.payment,
        orders.payment_method,
        orders.sale_reason,
        case
            when contains(coalesce(orders.payment_method, ''), ' + ') then 'several_methods'
            else coalesce(words.meaning, any_method.meaning, 'unknown')
        end as method,
        coalesce(
            orders.total_amount + coalesce(orders.funded_discount_amount, 0),
            line_totals.amount + coalesce(orders.shipping_amount, 0)
        ) as total_amount,
        coalesce(
            refund_with_funded(orders.refunded_amount, orders.funded_discount_amount, orders.total_amount), 0
        ) as refunded_amount,
        case when orders.payment = 'partially_paid' and method != 'buyer' then orders.outstanding_amount else 0 end
            as outstanding_amount,
        case when orders.total_amount is not null then coalesce(orders.tax_amount, 0) else 0 end as tax_amount,
        coalesce(line_totals.lines, 1) as lines
    from core.orders
    inner join settings.channels using (channel)
    left join core.word_meanings as words
        on
            channels.platform = words.platform and words.axis = 'method'
            and orders.payment_method = words.word and words.meaning != 'unknown'
    left join terms
        on
            orders.channel = terms.channel and orders.order_id = terms.order_id
            and orders.source_file_id = terms.file_id
    left join any_method on channels.platform = any_method.platform
    left join line_totals on orders.channel = line_totals.channel and orders.order_id = line_totals.order_id
    where orders.is_counted
),

judged as (
    select
        *,
        case
            when method in ('channel', 'paypal', 'stripe', 'other_provider', 'buyer') then method
        end as payer,
        total_amount - refunded_amount - outstanding_amount as left_amount,
        case
            when state = 'cancelled' then 'cancelled'
            when sale_reason = 'pending' then 'not_paid_yet'
            when sale_reason != 'sale' then sale_reason
            when payment = 'refunded' then 'refunded'
            when payment not in ('paid', 'partially_paid', 'on_terms') then 'not_paid_yet'
            when method in ('several_methods', 'cash', 'gift_card', 'cash_on_delivery') then method
            when method = 'unknown' then 'unknown_method'
            when left_amount is null then 'no_total'
            when left_amount <= 0 then 'nothing_left'
            else 'owed'
        end as owed_reason
    from methods
),

-- Few methods are written on many orders: each is looked up once.
written as (
    select distinct
        channel,
        payer,
        payment_method
    from judged
),

own_rates as (
    select
        written.channel,
        written.payer,
        written.payment_method,
        arg_max(fee_methods.category, (length(fee_methods.method), fee_methods.method)) as category
    from written
    inner join settings.fee_methods
        on
            written.channel = fee_methods.channel and written.payer = fee_methods.payer
            and folded(written.payment_method) like fee_methods.method
    group by written.channel, written.payer, written.payment_method
),

-- Of a refund nobody says what part of it was tax: the tax that is left is in proportion.
owed as (
    select
        judged.*,
        coalesce(own_rates.category, 'standard') as fee_category,
        own_rates.category is not null as has_own_rate,
        payers.has_known_fees,
        coalesce(payers.is_tax_remitted, false) as is_tax_remitted,
        cast(
            case when total_amount > 0 then cast(tax_amount as decimal(18, 6)) * left_amount / total_amount else 0 end
            as decimal(18, 2)
        ) as left_tax_amount
    from judged
    left join settings.payers on judged.channel = payers.channel and judged.payer = payers.payer
    left join own_rates
        on
            judged.channel = own_rates.channel and judged.payer = own_rates.payer
            and judged.payment_method = own_rates.payment_method
),

charged as (
    select
        owed.channel,
        owed.order_id,
        -- Both leave out what is null.
        sum(least(
            fees.cap_amount,
            greatest(
                fees.minimum_amount * if(fees.is_per_item, owed.lines, 1),
                cast(
                    if(fees.basis = 'price', owed.left_amount - owed.left_tax_amount, owed.left_amount) * fees.fee_rate
                    as decimal(18, 2)
                ) + fees.fixed_amount * if(fees.is_per_item, owed.lines, 1)
            )
        )) as amount
    from owed
    inner join settings.fees
        on
            owed.channel = fees.channel and owed.payer = fees.payer and owed.currency = fees.currency
            and owed.business_date >= fees.valid_from_date
            and (fees.valid_to_date is null or owed.business_date <= fees.valid_to_date)
    where fees.category = owed.fee_category and fees.basis != 'referral_fee'
    group by owed.channel, owed.order_id
)

select
    owed.channel,
    owed.order_id,
    owed.business_date,
    owed.shipped_at,
    owed.state,
    owed.payment_method,
    owed.payer,
    owed.owed_reason,
    case when owed.payer = 'buyer' then owed.net_terms_days end as net_terms_days,
    cast(
        owed.left_amount - case when owed.is_tax_remitted then owed.left_tax_amount else 0 end as decimal(18, 2)
    ) as gross_amount,
    cast(
        case
            when owed.has_own_rate then charged.amount
            when owed.has_known_fees and owed.left_amount is not null then coalesce(charged.amount, 0)
        end as decimal(18, 2)
    ) as expected_fees_amount,
    owed.fee_category,
    owed.currency,
    owed.source_file_id
from owed
left join charged using (channel, order_id);

comment on column ops.order_dues.gross_amount is 'What the payer owes before its fees';
comment on column ops.order_dues.source_file_id is 'Landed file of the order';
