-- What tasks/decide/stock.py decides for the shop of tests/bench_plan.py, as one statement, column for column.
-- What this shop has nothing of is left out: bundles, FBA, buffers, floors, caps, promotions, old counts, figures sent.
create or replace table ops.floor as
with sold as (
    select order_lines.channel, order_lines.channel_sku,
        sum(order_lines.demand_units) / any_value(stock.window_days) as velocity
    from core.order_lines cross join settings.run cross join settings.stock
    where order_lines.is_demand
        and order_lines.business_date >= run.business_date - cast(stock.window_days as integer)
        and order_lines.business_date < run.business_date
    group by order_lines.channel, order_lines.channel_sku
),
listed as (
    select sku_map.channel, sku_map.channel_sku, sku_map.sku, stock_position.on_hand_units as held,
        stock_position.reserved_units as promised, stock_position.available_units as sellable,
        coalesce(sold.velocity, 0) / 48 as own,
        sum(own) over (partition by sku_map.sku) - own as others,
        cast(ceil(round(own, 6)) as bigint) as need,
        row_number() over ranked = 1 as is_first,
        coalesce(sum(need) over (ranked rows between unbounded preceding and 1 preceding), 0) as needed_before,
        sum(need) over (partition by sku_map.sku) as needed
    from core.sku_map
    inner join settings.channels using (channel)
    inner join ops.stock_position using (sku)
    left join sold on sku_map.channel = sold.channel and sku_map.channel_sku = sold.channel_sku
    window ranked as (partition by sku_map.sku order by channels.priority, sku_map.channel)
),
published as (
    select *, sellable > 5 as is_shared,
        case
            when is_shared then sellable
            else least(need, greatest(sellable - needed_before, 0))
                + case when is_first then greatest(sellable - needed, 0) else 0 end
        end as units,
        sum(units) over (partition by sku) - units as units_of_others
    from listed
),
-- P(own = a) × P(others > sellable − a); of this shop no listing sells six units in half an hour.
risks as (
    select channel, channel_sku, sum(own_chance * (1 - others_within)) as risk
    from (
        select channel, channel_sku,
            case when a = units then 1 - coalesce(list_sum([exp(-own) * own ** k / gamma(k + 1) for k in range(a)]), 0)
                else exp(-own) * own ** a / gamma(a + 1) end as own_chance,
            case when units_of_others <= sellable - a then 1
                else list_sum([exp(-others) * others ** k / gamma(k + 1) for k in range(sellable - a + 1)])
            end as others_within
        from published cross join range(6) as numbers(a)
        where units + units_of_others > sellable and sellable < 12 and a <= units
    ) group by channel, channel_sku
)
select published.channel, published.channel_sku, published.sku, 'merchant' as pool, held as pool_units,
    held as eligible_units, promised as reserved_units, cast(null as bigint) as bundle_limit,
    0 as buffer_fixed_units, 0 as buffer_percent_units, 0 as buffer_days_units, 0 as buffer_count_units,
    0 as buffer_risk_units, 0 as buffer_promotion_units, 0 as buffer_units, 'shop' as buffer_rule,
    if(is_shared, 'shared', 'rationed') as mode, 0 as floor_units, cast(null as bigint) as cap_units,
    units as published_units, cast(null as bigint) as previous_units, cast(null as bigint) as shown_units,
    cast(null as bigint) as delta, cast(round(coalesce(risk, 0), 4) as decimal(18, 6)) as oversell_risk,
    format(
        '{} units at shelf, {} promised, 0 held back (shop), {}: {}.', held, promised,
        if(is_shared, 'published to every channel', 'rationed by priority'), units
    ) as reason
from published left join risks using (channel, channel_sku)
