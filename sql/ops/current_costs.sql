-- What a unit of each SKU costs today, as it was stated and in the shop's currency (core.unit_costs).
-- grain:  one row per SKU with a known cost
-- keys:   sku
-- inputs: core.unit_costs, settings.rates, settings.run

create or replace table ops.current_costs as
select
    unit_costs.sku,
    unit_costs.unit_cost_amount,
    unit_costs.currency,
    case
        when unit_costs.currency = run.currency then cast(unit_costs.unit_cost_amount as decimal(38, 6))
        else at_rate(unit_costs.unit_cost_amount, rates.rate)
    end as own_cost
from core.unit_costs
cross join settings.run
left join settings.rates on unit_costs.currency = rates.currency
where unit_costs.unit_cost_amount is not null and unit_costs.from_date <= run.business_date
qualify row_number() over (partition by unit_costs.sku order by unit_costs.from_date desc) = 1;

comment on column ops.current_costs.currency is 'ISO 4217; null where nothing says in which the cost is';
