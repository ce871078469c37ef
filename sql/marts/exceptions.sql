-- Every case that needs or needed a person.
-- grain:  one row per opening of an exception
-- keys:   shop, exception_id, opening
-- inputs: ledger.exceptions

create or replace table marts.exceptions as
select
    shop,
    exception_id,
    opening,
    type,
    station,
    severity,
    subject_kind,
    subject_id,
    channel,
    order_id,
    opened_at,
    due_at,
    owner,
    tier,
    next_step,
    evidence,
    amount_at_stake,
    currency,
    state,
    closed_at,
    closed_by,
    reason
from ledger.exceptions;

comment on table marts.exceptions is 'Every case that needs or needed a person.';
comment on column marts.exceptions.shop is 'Shop';
comment on column marts.exceptions.exception_id is 'Hash of what it is about';
comment on column marts.exceptions.opening is '1 for the first time it opened, then 2, …';
comment on column marts.exceptions.type is 'Kind, of config/exceptions.yaml';
comment on column marts.exceptions.station is 'Station';
comment on column marts.exceptions.severity is 'low, medium or high';
comment on column marts.exceptions.subject_kind is 'What it is about';
comment on column marts.exceptions.subject_id is 'Which one';
comment on column marts.exceptions.channel is 'Channel, where it has one';
comment on column marts.exceptions.order_id is 'Order, where it is about one';
comment on column marts.exceptions.opened_at is 'Moment it was found, UTC';
comment on column marts.exceptions.due_at is 'Moment by which somebody acts, UTC';
comment on column marts.exceptions.owner is 'Who acts';
comment on column marts.exceptions.tier is '1 trained assistant, 2 ops lead, 3 owner';
comment on column marts.exceptions.next_step is 'What they do';
comment on column marts.exceptions.evidence is 'What was seen';
comment on column marts.exceptions.amount_at_stake is 'Value at stake, in currency';
comment on column marts.exceptions.currency is 'ISO 4217';
comment on column marts.exceptions.state is 'open, acknowledged or closed';
comment on column marts.exceptions.closed_at is 'Moment it closed, UTC';
comment on column marts.exceptions.closed_by is 'Who or what closed it';
comment on column marts.exceptions.reason is 'Why it closed';
