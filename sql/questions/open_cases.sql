-- title:   What waits for whom?
-- answers: Open cases by owner and type, how many are overdue, the oldest, and the money in question.
with last_night as (select max(last_seen_at) as seen_at from exceptions)

select
    exceptions.owner,
    exceptions.station,
    exceptions.type,
    exceptions.currency,
    count(*) as cases,
    count(*) filter (where exceptions.due_at < last_night.seen_at) as overdue,
    min(exceptions.opened_at) as oldest_at,
    sum(exceptions.amount_at_stake) as amount_at_stake
from exceptions
cross join last_night
where exceptions.state <> 'closed'
group by exceptions.owner, exceptions.station, exceptions.type, exceptions.currency
order by overdue desc, cases desc, exceptions.owner asc, exceptions.type asc;
