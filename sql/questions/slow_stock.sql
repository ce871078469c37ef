-- title:   Where is money tied up in stock that does not sell?
-- answers: SKUs with more stock than they sell in the days of cover asked for, and what the stock cost.
-- cover:   days of cover above which stock is slow
select
    reorder_plan.sku,
    products.title,
    reorder_plan.pool,
    reorder_plan.on_hand,
    reorder_plan.units_90d,
    reorder_plan.days_of_cover,
    reorder_plan.action,
    products.unit_cost_amount,
    cast(reorder_plan.on_hand * products.unit_cost_amount as decimal(18, 2)) as stock_cost_amount,
    products.currency
from reorder_plan
left join products using (sku)
where
    reorder_plan.on_hand > 0
    and (
        reorder_plan.days_of_cover > cast(coalesce(getvariable('cover'), '180') as integer)
        or reorder_plan.units_90d = 0
    )
order by stock_cost_amount desc nulls last, reorder_plan.sku asc, reorder_plan.pool asc;
