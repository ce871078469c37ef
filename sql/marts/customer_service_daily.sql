-- The tickets that buyers opened, by the day they were created on the shop's clock, and how long each waited for its
-- first reply. A ticket that nobody has answered yet has no time: it is in `tickets` and not in `answered`.
-- grain:  one row per day × inbox
-- needs:  tickets
-- keys:   shop, business_date, inbox
-- inputs: core.tickets, settings.run

create or replace table marts.customer_service_daily as
with

asked as (
    from core.tickets
    where is_agent_started is distinct from true
),

days as (
    select
        business_date,
        platform as inbox,
        count(*) as tickets,
        count(*) filter (where is_answered) as answered,
        quantile_cont(first_response_minutes, 0.5) as first_response_p50_min,
        quantile_cont(first_response_minutes, 0.9) as first_response_p90_min,
        quantile_cont(business_response_minutes, 0.5) as business_p50_min,
        quantile_cont(business_response_minutes, 0.9) as business_p90_min,
        count(reopened_count) as with_reopens,
        count(*) filter (where reopened_count > 0) as reopened,
        count(*) filter (where is_where_is_my_order) as where_is_my_order,
        quantile_cont(resolution_minutes, 0.5) as resolution_p50_min,
        quantile_cont(resolution_minutes, 0.9) as resolution_p90_min,
        count(is_satisfied) as scored_tickets,
        count(*) filter (where is_satisfied) as satisfied_tickets
    from asked
    group by business_date, platform
),

-- What was open at the end of each day that has a row.
piles as (
    select
        days.business_date,
        days.inbox,
        count(*) as open_tickets
    from days
    cross join settings.run
    inner join asked
        on
            days.inbox = asked.platform
            and days.business_date >= asked.business_date
            and coalesce(cast(timezone(run.timezone, asked.closed_at) as date) > days.business_date, asked.is_open)
    group by days.business_date, days.inbox
)

select
    run.shop,
    days.business_date,
    days.inbox,
    days.tickets,
    days.answered,
    cast(days.first_response_p50_min as decimal(18, 2)) as first_response_p50_min,
    cast(days.first_response_p90_min as decimal(18, 2)) as first_response_p90_min,
    cast(days.business_p50_min as decimal(18, 2)) as business_p50_min,
    cast(days.business_p90_min as decimal(18, 2)) as business_p90_min,
    coalesce(piles.open_tickets, 0) as open_tickets,
    -- Gorgias does not export how often a ticket was opened again: not known is not none.
    case when days.with_reopens > 0 then days.reopened end as reopened,
    days.where_is_my_order,
    cast(cast(days.where_is_my_order as decimal(38, 6)) / nullif(days.tickets, 0) as decimal(9, 6))
        as where_is_my_order_rate,
    cast(days.resolution_p50_min as decimal(18, 2)) as resolution_p50_min,
    cast(days.resolution_p90_min as decimal(18, 2)) as resolution_p90_min,
    days.scored_tickets,
    days.satisfied_tickets,
    getvariable('rule_version') as rule_version
from days
left join piles using (business_date, inbox)
cross join settings.run;

comment on column marts.customer_service_daily.business_date is 'Day the tickets were created, on the shop''s clock';
