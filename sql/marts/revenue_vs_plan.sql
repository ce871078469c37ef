-- Gross sales against the plan. The plan is in the shop's currency, so sales are brought to it at the fixed rate that
-- the shop's file states: a rate for comparing, with which nobody is paid.
-- grain:  one row per ISO week × channel
-- needs:  orders, sibling_orders, plan
-- keys:   shop, iso_week, channel
-- inputs: core.order_lines, core.revenue_plan, ops.report_presence, settings.channels, settings.rates, settings.run

create or replace table marts.revenue_vs_plan as
with

revenue as (
    select
        lines.channel,
        strftime(lines.business_date, '%G-W%V') as iso_week,
        cast(
            case
                -- In a currency without a rate nobody knows what it is worth.
                when not coalesce(bool_or(lines.gross_amount != 0 and rates.rate is null), false)
                    then coalesce(sum(at_rate(lines.gross_amount, rates.rate)), 0)
            end as decimal(18, 2)
        ) as revenue
    from core.order_lines as lines
    left join settings.rates using (currency)
    where lines.is_sale
    group by lines.channel, iso_week
),

-- Of a week nothing is known where no orders ever came, or none since it began; a week is over once they came after its end.
weeks as (
    select
        iso_week,
        channel,
        revenue_plan.plan_amount,
        case
            when revenue.channel is not null then revenue.revenue
            when
                coalesce(report_presence.has_orders, true)
                and iso_week <= strftime(coalesce(report_presence.orders_known_to_date, run.business_date), '%G-W%V')
                then 0
        end as revenue,
        iso_week < strftime(
            coalesce(report_presence.orders_known_to_date, run.business_date), '%G-W%V'
        ) as is_closed
    from revenue
    full join core.revenue_plan using (iso_week, channel)
    left join ops.report_presence using (channel)
    cross join settings.run
)

select
    run.shop,
    weeks.iso_week,
    weeks.channel,
    weeks.is_closed,
    weeks.revenue as revenue_amount,
    weeks.plan_amount,
    run.currency,
    cast(cast(weeks.revenue as decimal(38, 6)) / nullif(weeks.plan_amount, 0) - 1 as decimal(9, 6)) as variance_rate,
    channels.rate as fx,
    getvariable('rule_version') as rule_version
from weeks
left join settings.channels using (channel)
cross join settings.run
where weeks.iso_week <= strftime(run.business_date, '%G-W%V');

comment on column marts.revenue_vs_plan.iso_week is 'Like 2026-W47, of the order''s business date';
comment on column marts.revenue_vs_plan.is_closed is 'The week is over and its orders are known to its end; else it is sales so far against the whole week''s plan';
comment on column marts.revenue_vs_plan.currency is 'The shop''s currency, ISO 4217';
