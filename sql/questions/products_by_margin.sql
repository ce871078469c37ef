-- title:   Which products earn money, and which do not?
-- answers: Net sales, costs and margin by SKU over all channels, least margin first; what lacks a cost or a fee says so.
-- month:   the month, like 2026-10; the last whole month if nothing is set
select
    sku_margin.sku,
    products.title,
    products.type,
    sku_margin.currency,
    sum(sku_margin.units) as units,
    sum(sku_margin.net_amount) as net_amount,
    case when bool_and(sku_margin.margin_amount is not null) then sum(sku_margin.margin_amount) end as margin_amount,
    case
        when bool_and(sku_margin.margin_amount is not null)
            then cast(sum(sku_margin.margin_amount) / nullif(sum(sku_margin.revenue_amount), 0) as decimal(18, 6))
    end as margin_rate,
    string_agg(distinct sku_margin.reason, '; ' order by sku_margin.reason) as reasons
from sku_margin
left join products using (sku)
where
    sku_margin.month = coalesce(
        getvariable('month'),
        (select strftime(max(as_of) - interval 1 month, '%Y-%m') from order_inbox)
    )
group by sku_margin.sku, products.title, products.type, sku_margin.currency
order by margin_amount asc nulls last, sku_margin.sku asc;
