-- KPIs of the finance station: payouts against the bank, revenue against plan.
-- Amounts are in the shop's currency, at the rates its file fixes.
-- grain:  one row per KPI × day or week × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: marts.payout_reconciliation, marts.payout_lines, core.order_lines, core.revenue_plan, checks.periods,
--   ops.report_presence, settings.run, settings.stock, settings.rates

create or replace table checks.kpi_finance as
with

-- Payouts of the window whose money should be there by now, and older ones that are not reconciled: what is open stays
-- open, however old. A negative one, carried over, moves no money.
payouts as (
    select
        payout_reconciliation.channel,
        payout_reconciliation.status = 'reconciled' as is_reconciled,
        -- Of a payout whose total nobody states, all its lines are open.
        coalesce(payout_reconciliation.difference_amount, payout_reconciliation.lines_total_amount) as open_amount,
        at_rate(abs(open_amount), rates.rate) as difference,
        open_amount != 0 and rates.rate is null as is_unknown
    from marts.payout_reconciliation
    left join settings.rates using (currency)
    cross join settings.run
    cross join settings.stock
    where
        payout_reconciliation.status not in ('scheduled', 'in_transit', 'carried_over')
        and (
            payout_reconciliation.status != 'reconciled'
            or coalesce(payout_reconciliation.payout_date, run.business_date)
            >= run.business_date - cast(stock.window_days as integer)
        )
),

reconciled as (
    select
        periods.grain,
        periods.from_date,
        periods.channel,
        count(*) filter (where payouts.is_reconciled) as reconciled,
        count(*) as payouts,
        -- A difference in a currency without a rate makes the sum unknown.
        case
            when not bool_or(coalesce(payouts.is_unknown, false) and not payouts.is_reconciled)
                then coalesce(sum(payouts.difference) filter (where not payouts.is_reconciled), 0)
        end as unreconciled
    from checks.periods as periods
    inner join payouts on periods.channel in (payouts.channel, 'all')
    where periods.is_current
    group by periods.grain, periods.from_date, periods.channel
),

-- Lines that name an order: those of the window, and older ones that no order explains. A payment that is split by the
-- parts of its order is one line.
order_lines_paid as (
    select
        payout_lines.channel,
        payout_lines.source_file_id,
        payout_lines.line_no,
        payout_lines.part,
        bool_and(payout_lines.match_status = 'matched') as is_matched
    from marts.payout_lines
    cross join settings.run
    cross join settings.stock
    where
        payout_lines.match_status in ('paid_not_ordered', 'amount_differs')
        or (
            payout_lines.match_status = 'matched'
            and cast(payout_lines.posted_at as date) >= run.business_date - cast(stock.window_days as integer)
        )
    group by payout_lines.channel, payout_lines.source_file_id, payout_lines.line_no, payout_lines.part
),

matched as (
    select
        periods.grain,
        periods.from_date,
        periods.channel,
        count(*) filter (where order_lines_paid.is_matched) as matched,
        count(*) as lines
    from checks.periods as periods
    inner join order_lines_paid on periods.channel in (order_lines_paid.channel, 'all')
    where periods.is_current
    group by periods.grain, periods.from_date, periods.channel
),

-- A day covers its week so far, so it needs no trailing window.
mondays as (
    select
        *,
        cast(date_trunc('week', from_date) as date) as monday,
        strftime(from_date, '%G-W%V') as iso_week
    from checks.periods
    where grain in ('day', 'week')
),

weeks as (
    select
        mondays.*,
        timezone(run.timezone, cast(mondays.monday as timestamp)) as starts_at,
        timezone(run.timezone, cast(mondays.monday + 7 as timestamp)) as ends_at
    from mondays
    cross join settings.run
),

-- An order is of one day.
sales as (
    select
        order_lines.channel,
        order_lines.business_date,
        count(distinct order_lines.order_id) as orders,
        sum(at_rate(order_lines.gross_amount, rates.rate)) as gross,
        bool_or(order_lines.gross_amount != 0 and rates.rate is null) as is_unknown
    from core.order_lines
    left join settings.rates using (currency)
    where order_lines.is_sale
    group by order_lines.channel, order_lines.business_date
),

revenue as (
    select
        weeks.grain,
        weeks.from_date,
        weeks.channel,
        case when not bool_or(coalesce(sales.is_unknown, false)) then coalesce(sum(sales.gross), 0) end as revenue,
        cast(sum(sales.orders) as bigint) as orders
    from weeks
    inner join sales
        on
            weeks.channel in (sales.channel, 'all')
            and sales.business_date between weeks.monday and weeks.to_date
    group by weeks.grain, weeks.from_date, weeks.channel
),

-- The plan's share of the week that has passed, so that a Monday is held to a Monday. The rate is what revenue is
-- above or below it.
planned as (
    select
        weeks.grain,
        weeks.from_date,
        weeks.channel,
        sum(cast(
            cast(revenue_plan.plan_amount as decimal(38, 6))
            * date_diff('second', weeks.starts_at, weeks.closes_at)
            / date_diff('second', weeks.starts_at, weeks.ends_at)
            as decimal(38, 6)
        )) as plan
    from weeks
    inner join core.revenue_plan
        on weeks.channel in (revenue_plan.channel, 'all') and weeks.iso_week = revenue_plan.iso_week
    left join ops.report_presence on revenue_plan.channel = report_presence.channel
    -- A plan is compared only where sales can be known.
    where report_presence.has_orders is distinct from false
    group by weeks.grain, weeks.from_date, weeks.channel
),

-- Periods whose orders are not all known: the newest file of a planned channel's orders is too old for them.
unknown as (
    select distinct
        weeks.grain,
        weeks.from_date,
        weeks.channel
    from weeks
    inner join ops.report_presence
        on weeks.channel in (report_presence.channel, 'all') and weeks.to_date >= report_presence.orders_known_to_date
    inner join core.revenue_plan
        on report_presence.channel = revenue_plan.channel and weeks.iso_week = revenue_plan.iso_week
)

select
    'payouts_reconciled_rate' as kpi,
    grain,
    from_date,
    channel,
    cast(reconciled as decimal(18, 2)) as numerator,
    cast(payouts as decimal(18, 2)) as denominator,
    null as figure,
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
    'payout_lines_matched_rate' as kpi,
    grain,
    from_date,
    channel,
    cast(matched as decimal(18, 2)) as numerator,
    cast(lines as decimal(18, 2)) as denominator,
    null as figure,
    lines as n
from matched
union all
select
    'revenue_vs_plan' as kpi,
    planned.grain,
    planned.from_date,
    planned.channel,
    cast(case when revenue.grain is null then 0 else revenue.revenue end - planned.plan as decimal(18, 2)) as numerator,
    cast(planned.plan as decimal(18, 2)) as denominator,
    null as figure,
    coalesce(revenue.orders, 0) as n
from planned
left join revenue using (grain, from_date, channel)
anti join unknown using (grain, from_date, channel);
