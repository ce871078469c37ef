-- What tasks/decide/reorders.py plans for the shop of tests/bench_plan.py, as one statement, column for column.
-- What this shop has nothing of is left out: bulk orders, unlike amounts, days without stock, pools, orders on their
-- way, seasons, new SKUs, overrides, late suppliers.
create or replace table ops.floor as
with recursive terms as (
    select stock.sku, stock.on_hand_units as held, stock.available_units as sellable, abc, lead_time_days as lead,
        lead_time_days + 1 as span, if(abc = 'C', 0.9, 0.95)::double as level, moq_units as moq,
        case_pack_units as pack, unit_cost_amount as cost, run.business_date as today
    from ops.stock_position as stock cross join settings.run
    inner join core.supplier_items using (sku)
    inner join ops.sku_classes using (sku)
),
days as (
    select sku, cast(sum(units) as bigint) as units, count(*) filter (is_in_stock) as stocked,
        count(is_in_stock) as known, count(*) as n, count(*) filter (units > 0) as selling,
        stddev_samp(units) as sd, histogram(units) as amounts, list(units order by place) as daily,
        list(units order by place) filter (units > 0) as sales,
        list(place order by place) filter (units > 0) as places
    from (
        select demand.*, 91 - cast(run.business_date - demand.business_date as integer) as place
        from ops.demand_daily as demand cross join settings.run
    ) group by sku
),
sold as (
    select days.*, units / stocked as v, n - places[-1] as quiet,
        quiet >= 14 and (1 - selling / places[-1]) ** quiet < 0.01 as dies,
        -- Exponential smoothing as weights: the first sale whole, each later one a tenth, each fading by a tenth.
        list_sum(list_transform(sales, lambda units, sale: units * if(sale = 1, 1, 0.1) / 0.9 ** sale)) as sizes,
        list_sum(list_transform(places, lambda place, sale:
            (place - coalesce(places[sale - 1], 0)) * if(sale = 1, 1, 0.1) / 0.9 ** sale)) as gaps,
        list_sum(list_transform(places, lambda place: if(place = 1, 1, 0.1) / 0.9 ** place)) * 0.9 ** n as chance,
        list_transform(range(n // 7), lambda week: list_sum(daily[n - 7 * week - 6:n - 7 * week])) as weeks,
        list_stddev_pop(weeks) / nullif(list_avg(weeks), 0) as variation,
        list_sort(list_transform(range(1, n - span + 2), lambda day: list_sum(daily[day:day + span - 1]))) as sums
    from days inner join terms using (sku)
),
rates as (
    select terms.*, sold.* exclude (sku), lead + 1 as period,
        not coalesce(dies, false) and (coalesce(n / nullif(selling, 0), 9) > 1.32 or v * period < 10) as is_rare,
        case when dies then sizes * 0.9 ** selling * chance when is_rare then coalesce(sizes / gaps * 0.95, 0) else v
            end as rate,
        rate * period as usual, sums[greatest(cast(ceil(level * (n - span + 1)) as integer), 1)] as happened
    from terms inner join sold using (sku)
),
-- The law of the demand of `span` days drawn from those of the window, unit by unit, by De Pril's recursion.
laws(amounts, span, level, n, none, law, covered) as (
    select distinct amounts, span, level, n, amounts[0] / n as none, [none ** span], none ** span
    from rates where is_rare
    union all
    select amounts, span, level, n, none, list_append(law, chance), covered + chance
    from (
        select *, coalesce(list_sum(list_transform(
            list_filter(map_entries(amounts), lambda entry: entry.key between 1 and len(law)),
            lambda entry: ((span + 1) * entry.key / len(law) - 1) * entry.value / n * law[len(law) - entry.key + 1]
        )), 0) / none as chance
        from laws where covered < level - 1e-9
    )
),
drawn as (
    select amounts, span, level, max(len(law)) - 1 as drawn_units from laws group by amounts, span, level
),
-- The fewest units that independent buyers do not exceed.
poisson as (
    select sku, min(units) filter (covered >= level) as bought
    from (
        select sku, units, level, sum(if(usual > 0, exp(units * ln(usual) - usual - lgamma(units + 1)), 1))
            over (partition by sku order by units) as covered
        from (
            select sku, usual, level, unnest(range(cast(usual + 6 * sqrt(usual) + 9 as integer))) as units
            from rates where is_rare or dies
        )
    ) group by sku
),
points as (
    select rates.*,
        case
            when dies then greatest(poisson.bought - usual, 0)
            when is_rare then greatest(poisson.bought - usual, happened - usual, drawn.drawn_units - usual, 0)
            else if(rates.level > 0.9, 1.6448536269514722, 1.2815515655446004) * sqrt(period * sd ** 2)
        end as safety,
        usual + safety as up_to, round(up_to, 2) as point,
        if(rate > 0, least(floor(round(sellable / rate, 6)), 3653), null) as lasts,
        if(rate > 0, least(floor(round((sellable - point) / rate, 6)), 3653), null) as until,
        greatest(sellable, 0) / nullif(rate, 0) as cover,
        units / 90 * (lead + 7) as seed_point,
        ceil(round(up_to + rate * 30 - sellable, 6)) as gap,
        ceil(round(round(seed_point, 2) + units / 90 * 30 - sellable, 6)) as seed_gap,
        case
            when rate = 0 then 'no-demand'
            when sellable <= point and abc = 'A' and lasts < lead then 'stockout-ahead'
            when sellable <= point then 'at-reorder-point'
            when cover > 180 then 'cover-too-long'
            when until <= 7 then 'near-reorder-point'
            else 'enough'
        end as rule_id,
        case rule_id
            when 'stockout-ahead' then 'escalate' when 'at-reorder-point' then 'reorder'
            when 'cover-too-long' then 'overstock' when 'near-reorder-point' then 'soon' else 'hold'
        end as action,
        case when rule_id in ('stockout-ahead', 'at-reorder-point') and gap > 0
            then cast(ceil(greatest(gap, moq) / pack) * pack as bigint) else 0 end as suggested,
        case when units > 0 and sellable <= round(seed_point, 2) and seed_gap > 0
            then cast(ceil(greatest(seed_gap, moq) / pack) * pack as bigint) else 0 end as seed_units,
        format('position {}, reorder point {:.2f}, {:.0f} days of cover.', sellable, point, cover) as fact
    from rates
    left join poisson using (sku)
    left join drawn on rates.amounts = drawn.amounts and rates.span = drawn.span and rates.level = drawn.level
)
select sku, 'merchant' as pool, units as units_90d, stocked as in_stock_days, known as known_days,
    round(v, 4)::decimal(18, 6) as velocity, round(units / n, 4)::decimal(18, 6) as calendar_velocity,
    round(rate, 4)::decimal(18, 6) as demand_rate,
    round(units / nullif(units + greatest(held, 0), 0), 4)::decimal(18, 6) as sell_through_rate,
    round(cover, 1)::decimal(18, 6) as days_of_cover, lead::decimal(18, 6) as lead_time_days,
    0::decimal(18, 6) as lead_time_sd, 1 as review_days,
    case when not dies or dies is null then round(sd, 4)::decimal(18, 6) end as demand_sd,
    level::decimal(18, 6) as service_level, round(safety, 2)::decimal(18, 6) as safety_stock,
    point::decimal(18, 6) as reorder_point, round(seed_point, 2)::decimal(18, 6) as reorder_point_seed90,
    held as on_hand, 0 as on_order, 0 as backorders, sellable as position, action, rule_id,
    suggested as suggested_units, seed_units as suggested_units_seed90,
    (suggested * cost)::decimal(18, 2) as suggested_amount,
    case when action in ('escalate', 'reorder') then today when rule_id != 'no-demand' then today + until::integer
        end as order_by_date,
    today + lasts::integer as stockout_date, abc,
    case when variation <= 0.5 then 'X' when variation <= 1 then 'Y' when variation > 1 then 'Z' end as xyz,
    'normal' as confidence, case when dies then 'poisson' when is_rare then 'empirical' else 'normal' end as method,
    cast(null as varchar) as owner,
    concat(
        case rule_id
            when 'no-demand' then 'No demand in the window to plan for.'
            when 'stockout-ahead' then
                format('Out on {}, an order of today comes on {}: {}', stockout_date, today + lead::integer, fact)
            when 'at-reorder-point' then format('At or below the reorder point: {}', fact)
            when 'cover-too-long' then format('More than 180 days of stock: {}', fact)
            else format('To order by {}: {}', order_by_date, fact)
        end,
        if(dies, format(' No sale on the last {} days in stock, too many to be chance: its demand dies out (TSB).',
            quiet), '')
    ) as reason,
    0 as transfer_units, false as is_covered, 0 as beyond_limit_units, cast(null as varchar) as override_reason,
    cast(null as date) as override_until
from points
