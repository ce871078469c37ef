-- KPIs of disputes: won by number and by value, on the day they were decided, and answered before their deadline.
-- Open disputes and inquiries are neither won nor lost, and are to be answered like the others; an accepted dispute is
-- lost. Amounts are in the shop's currency, at the rates its file fixes.
-- grain:  one row per KPI × day or week × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: marts.chargebacks, checks.periods, settings.rates, settings.run

create or replace table checks.kpi_disputes as
with

decided as (
    select
        periods.grain,
        periods.from_date,
        periods.channel,
        count(*) filter (where chargebacks.outcome = 'won') as won,
        count(*) as decided,
        sum(at_rate(chargebacks.amount, rates.rate))
        filter (where chargebacks.outcome = 'won') as won_value,
        sum(at_rate(chargebacks.amount, rates.rate)) as decided_value,
        bool_or(rates.rate is null or chargebacks.amount is null) as is_unknown
    from checks.periods as periods
    inner join marts.chargebacks
        on
            chargebacks.decided_date between periods.from_date and periods.to_date
            and periods.channel in (chargebacks.channel, 'all')
    left join settings.rates using (currency)
    where chargebacks.outcome in ('won', 'lost') and chargebacks.kind = 'chargeback'
    group by periods.grain, periods.from_date, periods.channel
),

-- A deadline that has passed is judged on its day.
due as (
    select
        periods.grain,
        periods.from_date,
        periods.channel,
        count(*) filter (where chargebacks.is_answered_in_time) as answered,
        count(*) as due
    from checks.periods as periods
    cross join settings.run
    inner join marts.chargebacks
        on
            cast(timezone(run.timezone, chargebacks.evidence_due_at) as date)
            between periods.from_date and periods.to_date
            and periods.channel in (chargebacks.channel, 'all')
    where chargebacks.evidence_due_at <= run.as_of
    group by periods.grain, periods.from_date, periods.channel
)

select
    'chargeback_win_rate' as kpi,
    grain,
    from_date,
    channel,
    won as numerator,
    decided as denominator,
    null as figure,
    decided as n
from decided
union all
select
    'chargeback_win_value_rate' as kpi,
    grain,
    from_date,
    channel,
    -- A dispute of no stated amount, or in a currency without a rate, makes both sums unknown.
    case when not is_unknown then coalesce(won_value, 0) end as numerator,
    case when not is_unknown then decided_value end as denominator,
    null as figure,
    decided as n
from decided
union all
select
    'disputes_answered_rate' as kpi,
    grain,
    from_date,
    channel,
    answered as numerator,
    due as denominator,
    null as figure,
    due as n
from due;
