-- Buyers who wait for a first reply.
-- grain:  one row per type × help desk
-- keys:   type, subject_kind, subject_id
-- inputs: core.tickets, settings.support, settings.run

create or replace table checks.finding_service as
with waiting as (
    select tickets.*
    from core.tickets as tickets
    cross join settings.support
    where
        tickets.is_open
        and not tickets.is_answered
        and tickets.is_agent_started is distinct from true
        -- As old as the file says it is: what happened since then is in no file yet.
        and tickets.created_at < tickets.stated_at - to_hours(support.reply_hours)
)

select
    'ticket_unanswered' as type,
    'inbox' as subject_kind,
    platform as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    count(*) || ' without a reply, the oldest since '
    || strftime(timezone(min(run.timezone), min(created_at)), '%Y-%m-%d %H:%M')
    || ': '
    || named_list(list(ticket_id order by created_at, ticket_id)) as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from waiting
cross join settings.run
group by platform;
