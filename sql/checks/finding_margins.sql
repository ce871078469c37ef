-- What earns too little, and fees that a channel has raised.
-- A SKU is held to its floor on a channel by the last whole month: its own floor, else its class's, else the shop's.
-- A margin of which fees are still to come can only fall, so that it is held to the floor all the same.
-- grain:  one row per type × SKU on a channel, or kind of fee of a channel
-- keys:   type, subject_kind, subject_id
-- inputs: marts.sku_margin, ops.fee_levels, ops.sku_classes, settings.margin, settings.margin_floors, settings.run

create or replace table checks.finding_margins as
with

floors as (
    select
        sku_margin.*,
        coalesce(own.floor_rate, of_class.floor_rate, margin.floor_rate) as floor_rate
    from marts.sku_margin
    cross join settings.run
    cross join settings.margin
    left join ops.sku_classes on sku_margin.sku = sku_classes.sku
    left join settings.margin_floors as own on sku_margin.sku = own.sku
    left join settings.margin_floors as of_class on sku_classes.abc = of_class.abc
    where
        sku_margin.sku is not null
        and sku_margin.units >= margin_floor_units()
        and sku_margin.month = month_of(date_trunc('month', run.business_date) - interval 1 month)
),

below as (
    select
        *,
        greatest(revenue_amount, 0) * floor_rate - margin_amount as short_amount
    from floors
    where margin_amount < greatest(revenue_amount, 0) * floor_rate
),

raised as (
    select
        *,
        usual_order_count = 0 as is_new
    from ops.fee_levels
    where
        (compared_order_count >= fee_change_orders() and change_rate > fee_change_rate())
        or (
            usual_order_count = 0 and newest_order_count >= fee_change_orders()
            and before_order_count >= fee_change_orders()
        )
)

select
    'margin_below_floor' as type,
    'sku' as subject_kind,
    concat_ws('/', channel, sku, currency) as subject_id,
    channel,
    cast(null as varchar) as order_id,
    sku || ' on ' || channel || ' in ' || month || ': ' || margin_amount || ' of ' || revenue_amount || ' ' || currency
    || ' are left, the floor is ' || round(floor_rate * 100, 1) || ' %. Goods ' || cogs_amount || ', channel fees '
    || channel_fees_amount || ', shipping ' || shipping_amount || ', advertising '
    || coalesce(cast(ads_amount as varchar), 'not known')
    || coalesce('; ' || reason, '') as evidence,
    cast(short_amount as decimal(18, 2)) as amount_at_stake,
    currency
from below
union all
select
    'fee_share_changed' as type,
    'fee' as subject_kind,
    concat_ws('/', channel, kind, currency) as subject_id,
    channel,
    cast(null as varchar) as order_id,
    case
        when is_new
            then
                channel || ' takes ' || kind || ' of ' || newest_order_count || ' order lines paid up to '
                || newest_date || ', of none of ' || before_order_count || ' in the month before'
        else
            channel || ' took ' || round(change_rate * 100, 1) || ' % more ' || kind || ' of '
            || compared_order_count || ' order lines paid up to ' || newest_date
            || ' than of the like in the month before; an ordinary unit pays ' || newest_fee_amount || ' after '
            || usual_fee_amount || ' ' || currency
    end as evidence,
    cast(
        case when is_new then newest_amount else newest_amount * change_rate / (1 + change_rate) end as decimal(18, 2)
    ) as amount_at_stake,
    currency
from raised;
