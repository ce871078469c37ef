-- What each person has to do: open cases, purchases that wait for a decision, alerts that nobody answered, pages that
-- are due for review. First what is late, then by station, severity and money; the
-- deputy has what the owner who is away cannot do. A case that is beyond whoever has it is theirs to take in hand, and
-- from then on with the person who may close it.
-- `flow` and `parameters` are the form that settles it, with what is known filled in.
-- grain:  one row per thing to do
-- keys:   shop, kind, id
-- inputs: marts.exceptions, marts.purchase_suggestions, marts.alerts, marts.sop_register, marts.audit_log,
--   marts.case_messages, settings.closers, settings.people, settings.stations, settings.buying, settings.rates,
--   settings.run

create or replace table marts.worklist as
with

-- Who answers for somebody tonight: themselves, or the deputy while they are away.
standing_in as (
    select
        owner,
        min(answers) as answers
    from settings.people
    group by owner
),

-- Who is with the shop, and who answers for all of it.
known as (
    select unnest([owner, deputy]) as person
    from settings.people
),

head as (
    select arg_max(owner, role = 'owner') as person
    from settings.people
    where role in ('owner', 'operations')
),

-- What whoever took a case in hand wrote about it.
notes as (
    select
        log.subject,
        max_by(log.who || ': ' || log.why, (log.at, log.who, log.why)) as note
    from marts.audit_log as log
    where log.what = 'exception acknowledged'
    group by log.subject
),

open_cases as (
    select
        exceptions.*,
        notes.note,
        closers.closer,
        messages.message,
        coalesce(closers.closer <> exceptions.owner, false) as is_beyond
    from marts.exceptions
    left join marts.case_messages as messages using (exception_id)
    left join settings.closers using (type)
    left join notes on notes.subject = 'exception/' || exceptions.exception_id || '/' || exceptions.opening
    where exceptions.state <> 'closed'
),

cases as (
    select
        'case' as kind,
        exception_id as id,
        type,
        case when is_beyond and state = 'acknowledged' then closer else owner end as person,
        station,
        severity,
        opened_at,
        due_at,
        amount_at_stake,
        currency,
        replace(type, '_', ' ') || ' ' || subject_id as title,
        evidence,
        next_step
        || case
            when is_beyond and state = 'open'
                then ' Take it in hand with what you found out; ' || closer || ' closes it.'
            else ''
        end as next_step,
        message,
        note,
        'resolve_exception' as flow,
        case
            when is_beyond and state = 'open' then json_object('exception', exception_id, 'in_hand', true)
            else json_object('exception', exception_id)
        end as parameters
    from open_cases
),

-- Above the buyer's limit an order waits for the owner; within it, or approved, the buyer sends it and says so.
purchase_lines as (
    select
        *,
        case state when 'pending_approval' then 'pending_approval' else 'to_order' end as stage
    from marts.purchase_suggestions
    where state in ('suggested', 'pending_approval', 'approved')
),

purchases as (
    select
        'purchase' as kind,
        lines.supplier || ' ' || lines.currency || ' ' || lines.stage as id,
        people.owner as person,
        'inventory' as station,
        'medium' as severity,
        cast(null as timestamptz) as opened_at,
        timezone(run.timezone, cast(min(lines.due_date) + 1 as timestamp)) as due_at,
        sum(lines.line_amount) as amount_at_stake,
        lines.currency,
        'purchase order of ' || lines.supplier as title,
        named_list(list(lines.sku || ' ' || lines.units order by lines.sku)) as evidence,
        case lines.stage
            when 'pending_approval'
                then 'Approve or reject the lines; approved ones are written to the supplier''s order file.'
            else 'Send the supplier its order file from the outbox, and enter the number of the purchase order.'
        end as next_step,
        cast(null as varchar) as message,
        case lines.stage when 'pending_approval' then 'approve_purchase_orders' else 'order_purchases' end as flow,
        case lines.stage
            when 'pending_approval' then json_object('decision', 'approve', 'supplier', lines.supplier)
            else json_object('supplier', lines.supplier)
        end as parameters
    from purchase_lines as lines
    cross join settings.run
    cross join settings.buying
    left join settings.people
        on people.role = case lines.stage when 'pending_approval' then buying.approval_role else 'buying' end
    group by lines.supplier, lines.currency, lines.stage, people.owner, run.timezone
),

calls as (
    select
        'alert' as kind,
        alert_id as id,
        -- What went to somebody who has left is not lost with them.
        if(sent_to in (select known.person from known), sent_to, head.person) as person,
        station,
        severity,
        opened_at,
        due_at,
        cast(null as decimal(18, 2)) as amount_at_stake,
        cast(null as varchar) as currency,
        subject as title,
        evidence,
        'Say that you are on it, and what you do.' as next_step,
        cast(null as varchar) as message,
        'acknowledge_alert' as flow,
        json_object('alert', alert_id) as parameters
    from marts.alerts
    cross join head
    where acknowledged_at is null and recovered_at is null and due_at is not null
),

reviews as (
    select
        'review' as kind,
        pages.sop as id,
        pages.owner as person,
        pages.station,
        case when pages.status in ('failed', 'incomplete') then 'medium' else 'low' end as severity,
        cast(null as timestamptz) as opened_at,
        timezone(run.timezone, cast(pages.next_review_date + 1 as timestamp)) as due_at,
        cast(null as decimal(18, 2)) as amount_at_stake,
        cast(null as varchar) as currency,
        'review of the page ' || pages.title as title,
        pages.reason as evidence,
        'Read the page, change what is wrong, and record the review.' as next_step,
        cast(null as varchar) as message,
        'record_sop_review' as flow,
        json_object('sop', pages.sop) as parameters
    from marts.sop_register as pages
    cross join settings.run
    where pages.status <> 'ok'
),

things as (
    from cases
    union all by name
    from purchases
    union all by name
    from calls
    union all by name
    from reviews
),

ranked as (
    select
        things.*,
        standing_in.answers,
        coalesce(things.due_at < run.as_of, false) as is_late,
        stations.priority,
        things.amount_at_stake / rates.rate as own_amount
    from things
    cross join settings.run
    left join standing_in on things.person = standing_in.owner
    left join settings.stations on things.station = stations.station
    left join settings.rates on things.currency = rates.currency
)

select
    run.shop,
    run.business_date as as_of,
    coalesce(ranked.answers, ranked.person) as person,
    row_number() over (
        partition by coalesce(ranked.answers, ranked.person)
        order by
            ranked.is_late desc, ranked.priority asc nulls last,
            list_position(['high', 'medium', 'low', 'info'], ranked.severity) asc nulls last,
            ranked.own_amount desc nulls last, ranked.due_at asc nulls last, ranked.kind asc, ranked.id asc
    ) as rank,
    ranked.kind,
    ranked.id,
    ranked.type,
    ranked.station,
    ranked.severity,
    ranked.is_late,
    ranked.opened_at,
    ranked.due_at,
    cast(ranked.amount_at_stake as decimal(18, 2)) as amount_at_stake,
    ranked.currency,
    ranked.title,
    ranked.evidence,
    ranked.next_step,
    ranked.message,
    ranked.note,
    ranked.flow,
    ranked.parameters,
    getvariable('rule_version') as rule_version
from ranked
cross join settings.run;

comment on column marts.worklist.person is 'Address of who answers for it tonight; null where nobody has the role';
comment on column marts.worklist.kind is 'case, purchase, alert or review';
comment on column marts.worklist.type is 'Kind of case, as in config/exceptions.yaml; null for everything else';
comment on column marts.worklist.due_at is 'Moment by which it is due; of what is due on a day, its end';
comment on column marts.worklist.title is 'What it is, in a line';
comment on column marts.worklist.message is 'To copy and send; what is in braces is yours to fill in; null where nobody outside has to hear';
