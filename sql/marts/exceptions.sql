-- What needs or needed a person, of every station.
-- An exception that was opened again is shown as it stands now; ledger and audit log keep each opening.
-- grain:  one row per exception
-- keys:   shop, exception_id
-- inputs: ledger.exceptions, settings.run

create or replace table marts.exceptions as
with

latest as (
    select
        *,
        min(opened_at) over (partition by exception_id) as first_opened_at
    from ledger.exceptions
    qualify row_number() over (partition by exception_id order by opening desc) = 1
)

select
    run.shop,
    latest.exception_id,
    latest.type,
    latest.station,
    latest.severity,
    latest.subject_kind,
    latest.subject_id,
    latest.channel,
    latest.order_id,
    latest.opened_at,
    latest.due_at,
    latest.last_seen_at,
    latest.owner,
    cast(latest.tier as bigint) as tier,
    latest.next_step,
    latest.evidence,
    cast(latest.amount_at_stake as decimal(18, 2)) as amount_at_stake,
    latest.currency,
    latest.state,
    latest.acknowledged_by,
    latest.acknowledged_at,
    latest.closed_at,
    latest.closed_by,
    latest.reason,
    cast(latest.opening as bigint) as opening,
    latest.first_opened_at,
    '1' as rule_version
from latest
cross join settings.run;

comment on table marts.exceptions is 'What needs or needed a person, of every station.';
comment on column marts.exceptions.shop is 'Shop';
comment on column marts.exceptions.exception_id is 'Hash of what it is about: the same thing is one exception, whatever the night';
comment on column marts.exceptions.type is 'Kind of exception, by config/exceptions.yaml';
comment on column marts.exceptions.station is 'Station that answers';
comment on column marts.exceptions.severity is 'low, medium or high';
comment on column marts.exceptions.subject_kind is 'What it is about';
comment on column marts.exceptions.subject_id is 'Which one';
comment on column marts.exceptions.channel is 'Channel by the shop file''s name; null where it is of none';
comment on column marts.exceptions.order_id is 'The channel''s own order id; null where it is of no order';
comment on column marts.exceptions.opened_at is 'Moment it was opened, the last time, UTC';
comment on column marts.exceptions.due_at is 'Moment by which it must be answered, UTC';
comment on column marts.exceptions.last_seen_at is 'Moment a night last found it, UTC';
comment on column marts.exceptions.owner is 'Who answers for it';
comment on column marts.exceptions.tier is '1 trained assistant, 2 ops lead, 3 owner';
comment on column marts.exceptions.next_step is 'What to do';
comment on column marts.exceptions.evidence is 'What was seen';
comment on column marts.exceptions.amount_at_stake is 'Money in question; null where it is not known';
comment on column marts.exceptions.currency is 'ISO 4217';
comment on column marts.exceptions.state is 'open, acknowledged or closed';
comment on column marts.exceptions.acknowledged_by is 'Who took it in hand';
comment on column marts.exceptions.acknowledged_at is 'Moment it was taken in hand, UTC';
comment on column marts.exceptions.closed_at is 'Moment it was closed, UTC';
comment on column marts.exceptions.closed_by is 'Who closed it, or the night whose check passed again';
comment on column marts.exceptions.reason is 'Why it was closed';
comment on column marts.exceptions.opening is 'How often it was opened so far';
comment on column marts.exceptions.first_opened_at is 'Moment it was opened the first time, UTC';
comment on column marts.exceptions.rule_version is 'Version of the rule that computed it';
