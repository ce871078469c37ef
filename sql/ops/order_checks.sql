-- What is wrong with the address of each order, by what the shop asks for on its channel (settings.validation).
-- What a channel masks or does not state is not judged; nor is a sale over a counter, or of nothing that is sent.
-- Cash on delivery needs a phone and a whole address on every channel: somebody has to open the door and pay.
-- grain:  one row per order that counts
-- keys:   channel, order_id
-- by:     channel, order_id
-- inputs: core.orders, core.order_lines, settings.validation, settings.shipping_methods

create or replace table ops.order_checks as
with

sent as (
    select
        channel,
        order_id,
        bool_or(due_reason <> 'needs_no_shipping') as is_sent
    from core.order_lines
    group by channel, order_id
),

offered as (
    select
        orders.channel,
        orders.shipping_method,
        bool_or(folded(orders.shipping_method) like shipping_methods.method) as is_offered
    from core.orders
    inner join settings.shipping_methods using (channel)
    where orders.shipping_method is not null
    group by orders.channel, orders.shipping_method
),

judged as (
    select
        orders.*,
        (orders.is_cash_on_delivery or validation.phone_rule = 'required') as is_phone_needed,
        (orders.is_cash_on_delivery or validation.phone_rule <> 'ignored') and orders.is_phone_valid is not null
            as is_phone_judged,
        (orders.is_cash_on_delivery or validation.is_address_checked) and orders.missing_address_fields is not null
            as is_address_judged,
        -- Null where the channel has no list, or the order names no method.
        offered.is_offered as is_method_known
    from core.orders
    inner join settings.validation using (channel)
    left join sent using (channel, order_id)
    left join offered using (channel, shipping_method)
    where orders.is_counted and not orders.is_pos and coalesce(sent.is_sent, true)
)

select
    channel,
    order_id,
    ordered_at,
    state,
    is_phone_judged or is_address_judged or is_method_known is not null as is_judged,
    case
        when not is_phone_judged then null
        when has_phone = false then if(is_phone_needed, 'no phone number', null)
        when not is_phone_valid then 'the phone number cannot be called'
    end as phone_fault,
    case when is_address_judged and missing_address_fields <> '' then 'missing: ' || missing_address_fields end
        as address_fault,
    case
        when not is_method_known then shipping_method || ' is none of the shop''s shipping methods'
    end as method_fault,
    total_amount,
    currency
from judged;

comment on column ops.order_checks.state is 'State of core.orders';
comment on column ops.order_checks.total_amount is 'Total of the order';
