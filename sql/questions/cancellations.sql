-- title:   What was cancelled, and what was it worth?
-- answers: Cancelled orders by channel and SKU with their units, most units first.
-- days:    closed days that are looked at
select
    order_lines.channel,
    order_lines.sku,
    products.title,
    order_lines.currency,
    count(distinct order_lines.order_id) as orders,
    sum(order_lines.quantity) as units,
    sum(order_lines.gross_amount) as gross_amount
from order_lines
left join products using (sku)
where
    order_lines.is_cancelled
    and order_lines.is_counted
    and order_lines.business_date
    >= (select max(as_of) from order_inbox) - cast(coalesce(getvariable('days'), '90') as integer)
group by order_lines.channel, order_lines.sku, products.title, order_lines.currency
order by units desc, order_lines.channel asc, order_lines.sku asc;
