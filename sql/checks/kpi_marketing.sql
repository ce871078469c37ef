-- KPIs of the marketing station: what advertising costs of what is sold, by the platforms' reports.
-- A period whose days are not all in the reports of every platform that ever sent one has no figure; nor has one with
-- money in a currency without a rate. A report holds the days from its first to its last spend: a day between
-- two reports is in neither.
-- grain:  one row per KPI × day or week × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: core.ad_spend, valid.ad_spend, core.order_lines, checks.periods, settings.channels, settings.rates

create or replace table checks.kpi_marketing as
with

platforms as (
    select
        platform,
        min(spend_date) as from_date,
        max(spend_date) as to_date
    from core.ad_spend
    group by platform
),

known as (
    select
        min(from_date) as from_date,
        min(to_date) as to_date
    from platforms
),

reports as (
    select
        platform,
        min(spend_date) as from_date,
        max(spend_date) as to_date
    from valid.ad_spend
    group by platform, file_id
),

reported as (
    select distinct
        platform,
        unnest(generate_series(from_date, to_date, interval 1 day)) as day
    from reports
),

-- Days after a platform's first report that none of its reports holds.
unreported as (
    select days.day
    from platforms
    cross join unnest(generate_series(platforms.from_date, platforms.to_date, interval 1 day)) as days (day)
    anti join reported on platforms.platform = reported.platform and days.day = reported.day
),

spent as (
    select
        periods.grain,
        periods.from_date,
        periods.channel,
        sum(at_rate(ads.spend_amount, rates.rate)) as spend,
        count(*) filter (where rates.rate is null) as without_rate
    from checks.periods as periods
    inner join core.ad_spend as ads
        on
            periods.channel in (ads.channel, 'all')
            and ads.spend_date between periods.from_date and periods.to_date
    left join settings.rates on ads.currency = rates.currency
    group by periods.grain, periods.from_date, periods.channel
),

-- An order is of one day.
sold_daily as (
    select
        lines.channel,
        lines.business_date,
        sum(at_rate(lines.gross_amount, rates.rate)) as gross,
        count(*) filter (where rates.rate is null) as without_rate,
        count(distinct lines.order_id) as orders
    from core.order_lines as lines
    inner join settings.channels on lines.channel = channels.channel
    left join settings.rates on coalesce(lines.currency, channels.currency) = rates.currency
    where lines.is_sale and not lines.is_cancelled
    group by lines.channel, lines.business_date
),

sold as (
    select
        periods.grain,
        periods.from_date,
        periods.channel,
        sum(daily.gross) as gross,
        sum(daily.without_rate) as without_rate,
        cast(sum(daily.orders) as bigint) as orders
    from checks.periods as periods
    inner join sold_daily as daily
        on
            periods.channel in (daily.channel, 'all')
            and daily.business_date between periods.from_date and periods.to_date
    group by periods.grain, periods.from_date, periods.channel
)

select
    'ad_spend_rate' as kpi,
    sold.grain,
    sold.from_date,
    sold.channel,
    cast(coalesce(spent.spend, 0) as decimal(18, 2)) as numerator,
    cast(sold.gross as decimal(18, 2)) as denominator,
    null as figure,
    sold.orders as n
from sold
inner join checks.periods as periods using (grain, from_date, channel)
cross join known
left join spent using (grain, from_date, channel)
where
    periods.from_date >= known.from_date
    and periods.to_date <= known.to_date
    and sold.without_rate = 0
    and coalesce(spent.without_rate, 0) = 0
    and not exists (
        select 1
        from unreported
        where unreported.day between periods.from_date and periods.to_date
    )
    -- A channel that no report names has no spend of its own to divide.
    and (periods.channel = 'all' or periods.channel in (select channel from core.ad_spend));
