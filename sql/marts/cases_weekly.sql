-- What came to people, by week and kind of case: opened, closed by whom and in time. A case that came back is another.
-- Tier 3 is what only the owner decides: what is in it week after week is a rule that nobody wrote down.
-- grain:  one row per ISO week × kind of case
-- keys:   shop, iso_week, type
-- inputs: ledger.exceptions, settings.run

create or replace table marts.cases_weekly as
with

cases as (
    select
        exceptions.type,
        exceptions.station,
        exceptions.tier,
        exceptions.opened_at,
        exceptions.closed_at,
        case when exceptions.due_at <= run.as_of then exceptions.due_at end as ended_at,
        case exceptions.closed_by when 'check' then 'by_check' else 'by_people' end as closed_how,
        case when exceptions.closed_at <= exceptions.due_at then 'in_time' else 'missed' end as ended_how
    from ledger.exceptions
    cross join settings.run
),

events as (
    select
        type,
        station,
        tier,
        opened_at as event_at,
        'opened' as what
    from cases
    union all
    select
        type,
        station,
        tier,
        closed_at as event_at,
        closed_how as what
    from cases
    union all
    select
        type,
        station,
        tier,
        ended_at as event_at,
        ended_how as what
    from cases
)

select
    run.shop,
    strftime(timezone(run.timezone, events.event_at), '%G-W%V') as iso_week,
    events.type,
    arg_max(events.station, (events.event_at, events.station)) as station,
    cast(arg_max(events.tier, (events.event_at, events.tier)) as bigint) as tier,
    count(*) filter (where events.what = 'opened') as opened_cases,
    count(*) filter (where events.what = 'by_people') as closed_by_people_cases,
    count(*) filter (where events.what = 'by_check') as closed_by_check_cases,
    count(*) filter (where events.what in ('in_time', 'missed')) as due_cases,
    count(*) filter (where events.what = 'in_time') as in_time_cases,
    getvariable('rule_version') as rule_version
from events
cross join settings.run
where events.event_at is not null
group by run.shop, iso_week, events.type;

comment on column marts.cases_weekly.type is 'Kind of case, as in config/exceptions.yaml';
comment on column marts.cases_weekly.tier is 'Who decides on it: 1 trained assistant, 2 ops lead, 3 owner';
