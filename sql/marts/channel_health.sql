-- Each figure that a channel judges the account by: what the channel says, what our own rows say, the limit, and how
-- many more orders may go wrong before it is reached.
-- grain:  one row per channel × metric
-- needs:  all orders, all sibling_orders, shipments, account_health
-- keys:   shop, channel, metric
-- inputs: core.channel_health, core.order_lines, ops.account_figures, settings.channels, settings.rates,
--   settings.standards, settings.run

create or replace table marts.channel_health as
with

metrics as (
    select
        channels.channel,
        standards.metric
    from settings.channels
    inner join settings.standards using (platform)
    union distinct
    select
        channel,
        metric
    from core.channel_health
),

-- At the shop's rates; with a sale in a currency without one, or of which the net is not known, a channel's share is
-- not known. A line without a price yet adds nothing.
sold as (
    select
        lines.channel,
        case
            when
                count(*) filter (
                    where lines.gross_amount is not null and at_rate(lines.net_amount, rates.rate) is null
                ) = 0
                then sum(at_rate(lines.net_amount, rates.rate))
        end as net_amount
    from core.order_lines as lines
    inner join settings.channels using (channel)
    cross join settings.run
    left join settings.rates on coalesce(lines.currency, channels.currency) = rates.currency
    where
        lines.is_sale
        and lines.business_date between run.business_date - cast(kpi_trailing_days()[2] as integer)
        and run.business_date - 1
    group by lines.channel
),

shares as (
    select
        channel,
        net_amount,
        case when count(*) over () = count(net_amount) over () then net_amount / nullif(sum(net_amount) over (), 0) end
            as revenue_rate
    from sold
),

figures as (
    select
        metrics.channel,
        metrics.metric,
        stated.value_rate,
        stated.status as channel_status,
        stated.stated_at,
        cast(cast(own.fault_orders as decimal(38, 6)) / nullif(own.counted_orders, 0) as decimal(18, 6)) as fault_rate,
        own.fault_orders,
        own.counted_orders,
        coalesce(stated.target_rate, standards.threshold_rate) as threshold,
        standards.better,
        standards.window_days,
        coalesce(stated.source_file_id, '') as source_file_id
    from metrics
    inner join settings.channels using (channel)
    left join settings.standards using (platform, metric)
    left join core.channel_health as stated using (channel, metric)
    left join ops.account_figures as own using (channel, metric)
),

judged as (
    select
        *,
        cast(case when better = 'higher' then 1 - fault_rate else fault_rate end as decimal(9, 6)) as own_value,
        round(
            case better
                when 'higher' then ((1 - threshold) * counted_orders - fault_orders) / nullif(threshold, 0)
                when 'lower' then (threshold * counted_orders - fault_orders) / nullif(1 - threshold, 0)
            end,
            6
        ) as room,
        case
            when threshold is not null and (value_rate is not null or fault_rate is not null)
                then case better
                    when 'higher'
                        then coalesce(value_rate < threshold, false) or coalesce(fault_rate > 1 - threshold, false)
                    when 'lower'
                        then coalesce(value_rate >= threshold, false) or coalesce(fault_rate >= threshold, false)
                end
        end as is_beyond
    from figures
)

select
    run.shop,
    run.business_date as as_of,
    judged.channel,
    judged.metric,
    judged.value_rate as value,
    judged.own_value,
    cast(judged.threshold as decimal(9, 6)) as threshold,
    judged.better,
    judged.window_days,
    case
        when
            judged.is_beyond
            or lower(judged.channel_status) in ('bad', 'at_risk', 'critical', 'unhealthy', 'deactivated')
            then 'breached'
        when
            judged.is_beyond is not null
            or lower(judged.channel_status) in ('good', 'great', 'fair', 'normal', 'healthy')
            then 'ok'
        when judged.channel_status is null or lower(judged.channel_status) = 'none' then 'no_data'
        else 'unknown_word'
    end as status,
    judged.channel_status,
    judged.fault_orders,
    judged.counted_orders,
    -- The most further orders, every one of them bad, with which faults ÷ orders stays within the limit: at the limit
    -- itself a rate that should be low is beyond it, one that should be high is not.
    cast(
        case
            when judged.room <= 0 then 0
            when judged.better = 'lower' then ceil(judged.room) - 1
            when judged.better = 'higher' then floor(judged.room)
        end as bigint
    ) as headroom_orders,
    cast(shares.net_amount as decimal(18, 2)) as revenue_amount,
    run.currency,
    cast(shares.revenue_rate as decimal(9, 6)) as revenue_rate,
    judged.stated_at,
    getvariable('rule_version') as rule_version,
    nullif(judged.source_file_id, '') as source_file_id
from judged
left join shares using (channel)
cross join settings.run;

comment on column marts.channel_health.value is 'The channel''s own figure, by its newest report';
comment on column marts.channel_health.threshold is 'Limit: the channel''s report says it, else config/standards.yaml';
comment on column marts.channel_health.status is 'breached, ok, no_data, or unknown_word where only a word says it that is not known';
comment on column marts.channel_health.revenue_amount is 'Net sales of the channel in the last 28 closed days, at the shop''s rates: what a suspension would stop';
