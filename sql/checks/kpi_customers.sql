-- KPIs of who buys: how many of a period's customers had bought before, and how many of its sales are disputed.
-- A customer is what a channel calls them; orders that name none are left out. Of a channel of which neither disputes nor
-- payouts ever came nobody knows what is disputed: its sales are in no share.
-- grain:  one row per KPI × day or week × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: ops.customer_orders, ops.report_presence, marts.chargebacks, checks.periods, settings.run

create or replace table checks.kpi_customers as
with

-- The day of the same customer's next order, and next repeat order: a customer of a period is counted at the last in
-- it.
followed as (
    select
        channel,
        business_date,
        customer_key is not null as has_customer,
        order_no > 1 as is_repeat,
        case
            when customer_key is not null
                then lead(business_date) over (partition by channel, customer_key order by business_date, order_no)
        end as next_date,
        case
            when is_repeat
                then lead(business_date) over (
                    partition by channel, customer_key, order_no > 1 order by business_date, order_no
                )
        end as next_repeat_date
    from ops.customer_orders
),

daily as (
    select
        channel,
        business_date,
        has_customer,
        is_repeat,
        next_date,
        next_repeat_date,
        count(*) as orders
    from followed
    group by all
),

bought as (
    select
        periods.grain,
        periods.from_date,
        periods.channel,
        coalesce(
            sum(daily.orders) filter (
                where daily.has_customer and coalesce(daily.next_date > periods.to_date, true)
            ), 0
        ) as customers,
        coalesce(
            sum(daily.orders) filter (
                where daily.is_repeat and coalesce(daily.next_repeat_date > periods.to_date, true)
            ), 0
        ) as repeat_customers,
        sum(daily.orders) filter (where report_presence.has_disputes) as orders
    from checks.periods as periods
    inner join daily
        on
            daily.business_date between periods.from_date and periods.to_date
            and periods.channel in (daily.channel, 'all')
    left join ops.report_presence on daily.channel = report_presence.channel
    group by periods.grain, periods.from_date, periods.channel
),

-- By the day the buyer disputed it; an inquiry takes no money and is none.
disputed as (
    select
        periods.grain,
        periods.from_date,
        periods.channel,
        count(*) as disputes
    from checks.periods as periods
    cross join settings.run
    inner join marts.chargebacks
        on
            cast(timezone(run.timezone, chargebacks.opened_at) as date) between periods.from_date and periods.to_date
            and periods.channel in (chargebacks.channel, 'all')
    where chargebacks.kind in ('chargeback', 'a_to_z')
    group by periods.grain, periods.from_date, periods.channel
)

select
    'repeat_customer_rate' as kpi,
    grain,
    from_date,
    channel,
    repeat_customers as numerator,
    customers as denominator,
    null as figure,
    customers as n
from bought
where customers > 0
union all
select
    'chargeback_rate' as kpi,
    bought.grain,
    bought.from_date,
    bought.channel,
    coalesce(disputed.disputes, 0) as numerator,
    bought.orders as denominator,
    null as figure,
    bought.orders as n
from bought
left join disputed using (grain, from_date, channel)
where bought.orders > 0;
