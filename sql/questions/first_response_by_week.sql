-- title:   How fast do we answer, and what do buyers ask?
-- answers: Tickets, answers and questions about parcels by week, with the slowest day's median and ninth decile.
-- weeks:   weeks that are shown, newest first
select
    inbox,
    cast(sum(where_is_my_order) / nullif(sum(tickets), 0) as decimal(18, 6)) as where_is_my_order_rate,
    strftime(business_date, '%G-W%V') as iso_week,
    sum(tickets) as tickets,
    sum(answered) as answered,
    max(first_response_p50_min) as worst_day_p50_min,
    max(first_response_p90_min) as worst_day_p90_min,
    sum(where_is_my_order) as where_is_my_order,
    arg_max(open_tickets, business_date) as open_at_the_end
from customer_service_daily
group by strftime(business_date, '%G-W%V'), inbox
qualify
    dense_rank() over (order by strftime(business_date, '%G-W%V') desc)
    <= cast(coalesce(getvariable('weeks'), '8') as integer)
order by iso_week desc, inbox asc;
