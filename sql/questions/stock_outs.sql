-- title:   What was out of stock, and what did it cost us?
-- answers: By SKU the days without stock, the units and money probably lost in them, and what is there and on order now.
-- days:    closed days that are looked at
with missed as (
    select
        sku,
        count(*) filter (where not in_stock) as days_out,
        sum(lost_units) as lost_units,
        sum(lost_amount) as lost_amount,
        any_value(currency) as currency
    from demand_daily
    where business_date >= (select max(as_of) from reorder_plan) - cast(coalesce(getvariable('days'), '90') as integer)
    group by sku
)

select
    missed.sku,
    products.title,
    missed.days_out,
    missed.lost_units,
    missed.lost_amount,
    missed.currency,
    reorder_plan.pool,
    reorder_plan.on_hand,
    reorder_plan.on_order,
    reorder_plan.action
from missed
left join products using (sku)
left join reorder_plan using (sku)
where missed.days_out > 0
order by missed.lost_amount desc nulls last, missed.sku asc, reorder_plan.pool asc;
