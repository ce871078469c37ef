-- title:   How many cases of a kind would have been late within another window?
-- answers: Of the cases opened in the last days, how many were or are late, and how many would be within so many hours.
-- type:    kind of case (config/exceptions.yaml)
-- hours:   the window to try, in hours since the case was opened
-- days:    days back that are counted
with asked as (
    select
        cast(coalesce(getvariable('hours'), '12') as integer) as hours,
        cast(coalesce(getvariable('days'), '90') as integer) as days,
        coalesce(getvariable('type'), 'unmapped_sku') as type
),

-- The moment of the newest night: until then an open case has waited.
night as (select max(last_seen_at) as at from exceptions)

select
    exceptions.type,
    exceptions.owner,
    asked.hours as tried_hours,
    count(*) as cases,
    count(*) filter (where exceptions.state <> 'closed') as open_cases,
    count(*) filter (where coalesce(exceptions.closed_at, night.at) > exceptions.due_at) as late_cases,
    count(*) filter (
        where coalesce(exceptions.closed_at, night.at) > exceptions.opened_at + to_hours(asked.hours)
    ) as late_cases_then
from exceptions
inner join asked using (type)
cross join night
where exceptions.opened_at >= night.at - to_days(asked.days)
group by exceptions.type, exceptions.owner, asked.hours
order by exceptions.owner;
