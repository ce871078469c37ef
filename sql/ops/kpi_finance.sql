-- KPIs of the finance station: payouts against the bank, revenue against plan.
-- Amounts are in the shop's currency, at the rates its file fixes.
-- grain:  one row per KPI × day or week × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: marts.payout_reconciliation, core.order_lines, core.revenue_plan, ops.kpi_periods, settings.run,
--   settings.stock, settings.channels

create or replace table ops.kpi_finance as
with

-- Payouts of the window whose money should be there by now. A negative one, carried over, moves none.
payouts as (
    select
        payout_reconciliation.channel,
        payout_reconciliation.status = 'reconciled' as is_reconciled,
        abs(cast(payout_reconciliation.difference_amount as decimal(38, 6))) / channels.rate as difference
    from marts.payout_reconciliation
    inner join settings.channels using (channel)
    cross join settings.run
    cross join settings.stock
    where
        payout_reconciliation.status not in ('scheduled', 'in_transit', 'carried_over')
        and coalesce(payout_reconciliation.payout_date, run.business_date)
        >= run.business_date - cast(stock.window_days as integer)
),

reconciled as (
    select
        periods.grain,
        periods.from_date,
        periods.channel,
        count(*) filter (where payouts.is_reconciled) as reconciled,
        count(*) as payouts,
        coalesce(sum(payouts.difference) filter (where not payouts.is_reconciled), 0) as unreconciled
    from ops.kpi_periods as periods
    inner join payouts on periods.channel in (payouts.channel, 'all')
    where periods.is_current
    group by periods.grain, periods.from_date, periods.channel
),

-- A day tells of its week so far.
weeks as (
    select
        periods.grain,
        periods.from_date,
        periods.to_date,
        periods.channel,
        strftime(periods.from_date, '%G-W%V') as iso_week,
        cast(date_trunc('week', periods.from_date) as date) as monday,
        date_diff(
            'second',
            timezone(run.timezone, date_trunc('week', cast(periods.from_date as timestamp))),
            periods.closes_at
        ) as passed_seconds,
        date_diff(
            'second',
            timezone(run.timezone, date_trunc('week', cast(periods.from_date as timestamp))),
            timezone(run.timezone, date_trunc('week', cast(periods.from_date as timestamp)) + interval 7 day)
        ) as week_seconds
    from ops.kpi_periods as periods
    cross join settings.run
),

sales as (
    select
        order_lines.channel,
        order_lines.business_date,
        order_lines.order_id,
        cast(order_lines.gross_amount as decimal(38, 6)) / channels.rate as gross
    from core.order_lines
    inner join settings.channels using (channel)
    where order_lines.is_counted and not order_lines.is_cancelled
),

revenue as (
    select
        weeks.grain,
        weeks.from_date,
        weeks.channel,
        sum(sales.gross) as revenue,
        count(distinct sales.channel, sales.order_id) as orders
    from weeks
    inner join sales
        on
            weeks.channel in (sales.channel, 'all')
            and sales.business_date between weeks.monday and weeks.to_date
    group by weeks.grain, weeks.from_date, weeks.channel
),

-- The plan's share of the week that has passed, so that a Monday is held to a Monday.
planned as (
    select
        weeks.grain,
        weeks.from_date,
        weeks.channel,
        sum(cast(revenue_plan.plan_amount as decimal(38, 6)) * weeks.passed_seconds / weeks.week_seconds) as plan
    from weeks
    inner join core.revenue_plan
        on weeks.channel in (revenue_plan.channel, 'all') and weeks.iso_week = revenue_plan.iso_week
    group by weeks.grain, weeks.from_date, weeks.channel
)

select
    'payouts_reconciled_rate' as kpi,
    grain,
    from_date,
    channel,
    cast(reconciled as decimal(18, 2)) as numerator,
    cast(payouts as decimal(18, 2)) as denominator,
    cast(null as decimal(18, 6)) as figure,
    payouts as n
from reconciled
union all
select
    'unreconciled_amount' as kpi,
    grain,
    from_date,
    channel,
    cast(unreconciled as decimal(18, 2)) as numerator,
    null as denominator,
    cast(unreconciled as decimal(18, 2)) as figure,
    payouts as n
from reconciled
union all
select
    'revenue_vs_plan' as kpi,
    planned.grain,
    planned.from_date,
    planned.channel,
    cast(coalesce(revenue.revenue, 0) as decimal(18, 2)) as numerator,
    cast(planned.plan as decimal(18, 2)) as denominator,
    null as figure,
    coalesce(revenue.orders, 0) as n
from planned
left join revenue using (grain, from_date, channel);

comment on table ops.kpi_finance is 'KPIs of the finance station: payouts against the bank, revenue against plan.';
comment on column ops.kpi_finance.kpi is 'Id in config/kpis.yaml';
comment on column ops.kpi_finance.grain is 'day or week';
comment on column ops.kpi_finance.from_date is 'First day of the period';
comment on column ops.kpi_finance.channel is 'Channel by the shop file''s name; `all` for the whole shop';
comment on column ops.kpi_finance.numerator is 'What is counted; null for a quantile';
comment on column ops.kpi_finance.denominator is 'Out of what; null where the KPI is no ratio';
comment on column ops.kpi_finance.figure is 'The KPI''s value where it is no ratio';
comment on column ops.kpi_finance.n is 'Cases it stands on';
