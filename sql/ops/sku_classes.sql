-- The ABC class of each SKU that was sold, by the value it sold: A the first 80 %, B the next 15 %, C the last 5 %.
-- From the largest value down, ties by SKU, a SKU is A while those before it make less than 80 % of all that was sold, and
-- B below 95 %; what sold nothing is C. Bundles are taken apart. A SKU that nobody ever ordered has no row.
-- grain:  one row per SKU
-- keys:   sku
-- inputs: core.order_lines, core.bundles, settings.channels, settings.rates, settings.run

create or replace table ops.sku_classes as
with

sold as (
    select
        coalesce(bundles.component_sku, order_lines.sku) as sku,
        coalesce(cast(sum(at_rate(order_lines.gross_amount, rates.rate)) as decimal(18, 2)), 0) as sold_amount
    from core.order_lines
    inner join settings.channels using (channel)
    left join settings.rates on coalesce(order_lines.currency, channels.currency) = rates.currency
    left join core.bundles on order_lines.sku = bundles.bundle_sku
    where order_lines.is_demand
    group by all
),

ranked as (
    select
        sku,
        sold_amount,
        coalesce(
            sum(sold_amount) over (
                order by sold_amount desc, sku asc rows between unbounded preceding and 1 preceding
            ),
            0
        ) as before_amount,
        sum(greatest(sold_amount, 0)) over () as all_amount
    from sold
)

select
    ranked.sku,
    ranked.sold_amount,
    run.currency,
    case
        when ranked.sold_amount <= 0 or ranked.before_amount * 100 >= ranked.all_amount * abc_percent()[2] then 'C'
        when ranked.before_amount * 100 < ranked.all_amount * abc_percent()[1] then 'A'
        else 'B'
    end as abc
from ranked
cross join settings.run
-- What no SKU is known of is part of what was sold, and of no class.
where ranked.sku is not null;
