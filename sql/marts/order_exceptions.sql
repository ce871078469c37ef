-- What needs or needed a person about an order.
-- An exception that was opened again is shown as it stands now; ledger and audit log keep each opening.
-- grain:  one row per exception of an order
-- keys:   shop, exception_id
-- inputs: marts.exceptions

create or replace table marts.order_exceptions as
select
    shop,
    exception_id,
    type,
    severity,
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
    reason,
    '1' as rule_version
from marts.exceptions
where order_id is not null;

comment on table marts.order_exceptions is 'What needs or needed a person about an order.';
comment on column marts.order_exceptions.shop is 'Shop';
comment on column marts.order_exceptions.exception_id is 'Hash of what it is about: the same thing is one exception, whatever the night';
comment on column marts.order_exceptions.type is 'Kind of exception, by config/exceptions.yaml';
comment on column marts.order_exceptions.severity is 'low, medium or high';
comment on column marts.order_exceptions.channel is 'Channel by the shop file''s name; null where it is of none';
comment on column marts.order_exceptions.order_id is 'The channel''s own order id; null where it is of no order';
comment on column marts.order_exceptions.opened_at is 'Moment it was opened, the last time, UTC';
comment on column marts.order_exceptions.due_at is 'Moment by which it must be answered, UTC';
comment on column marts.order_exceptions.owner is 'Who answers for it';
comment on column marts.order_exceptions.tier is '1 trained assistant, 2 ops lead, 3 owner';
comment on column marts.order_exceptions.next_step is 'What to do';
comment on column marts.order_exceptions.evidence is 'What was seen';
comment on column marts.order_exceptions.amount_at_stake is 'Money in question; null where it is not known';
comment on column marts.order_exceptions.currency is 'ISO 4217';
comment on column marts.order_exceptions.state is 'open, acknowledged or closed';
comment on column marts.order_exceptions.closed_at is 'Moment it was closed, UTC';
comment on column marts.order_exceptions.closed_by is 'Who closed it, or the night whose check passed again';
comment on column marts.order_exceptions.reason is 'Why it was closed';
comment on column marts.order_exceptions.rule_version is 'Version of the rule that computed it';
