-- Gross sales against the plan. The plan is in the shop's currency, so sales are brought to it at the fixed rate that
-- the shop's file states: a rate for comparing, with which nobody is paid.
-- grain:  one row per ISO week × channel
-- needs:  orders, plan
-- keys:   shop, iso_week, channel
-- inputs: core.order_lines, core.revenue_plan, settings.channels, settings.rates, settings.run

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
                    then coalesce(sum(cast(lines.gross_amount as decimal(38, 6)) / rates.rate), 0)
            end as decimal(18, 2)
        ) as revenue
    from core.order_lines as lines
    left join settings.rates using (currency)
    where lines.is_sale
    group by lines.channel, iso_week
)

select
    run.shop,
    iso_week,
    channel,
    iso_week < strftime(run.business_date, '%G-W%V') as is_closed,
    case when revenue.channel is null then 0 else revenue.revenue end as revenue_amount,
    revenue_plan.plan_amount,
    run.currency,
    cast(
        cast(case when revenue.channel is null then 0 else revenue.revenue end as decimal(38, 6))
        / nullif(revenue_plan.plan_amount, 0) - 1 as decimal(9, 6)
    ) as variance_rate,
    channels.rate as fx,
    '1' as rule_version
from revenue
full join core.revenue_plan using (iso_week, channel)
left join settings.channels using (channel)
cross join settings.run
where iso_week <= strftime(run.business_date, '%G-W%V');

comment on table marts.revenue_vs_plan is 'Gross sales against the plan, in the shop''s currency.';
comment on column marts.revenue_vs_plan.shop is 'Shop';
comment on column marts.revenue_vs_plan.iso_week is 'Like 2026-W47, of the order''s business date';
comment on column marts.revenue_vs_plan.channel is 'Channel by the shop file''s name';
comment on column marts.revenue_vs_plan.is_closed is 'The week is over; the current one is sales so far against the whole week''s plan';
comment on column marts.revenue_vs_plan.revenue_amount is 'Units × price before discounts of counted orders, less what was cancelled; 0 where a planned week sold nothing; null where a currency has no rate';
comment on column marts.revenue_vs_plan.plan_amount is 'Planned gross sales; null where there is no plan';
comment on column marts.revenue_vs_plan.currency is 'The shop''s currency, ISO 4217';
comment on column marts.revenue_vs_plan.variance_rate is 'revenue ÷ plan − 1; null without a plan';
comment on column marts.revenue_vs_plan.fx is 'Units of the channel''s currency for one of the shop''s, by the shop''s file';
comment on column marts.revenue_vs_plan.rule_version is 'Version of the rule that computed it';
