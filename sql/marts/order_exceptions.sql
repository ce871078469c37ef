-- The exceptions that are about an order.
-- grain:  one row per opening of an exception of an order
-- keys:   shop, exception_id, opening
-- inputs: ledger.exceptions

create or replace table marts.order_exceptions as
select
    shop,
    exception_id,
    opening,
    type,
    station,
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
    reason
from ledger.exceptions
where order_id is not null;

comment on table marts.order_exceptions is 'The exceptions that are about an order.';
comment on column marts.order_exceptions.shop is 'Shop';
comment on column marts.order_exceptions.exception_id is 'Hash of what it is about';
comment on column marts.order_exceptions.opening is '1 for the first time it opened, then 2, …';
comment on column marts.order_exceptions.type is 'Kind, of config/exceptions.yaml';
comment on column marts.order_exceptions.station is 'Station';
comment on column marts.order_exceptions.severity is 'low, medium or high';
comment on column marts.order_exceptions.channel is 'Channel, where it has one';
comment on column marts.order_exceptions.order_id is 'Order, where it is about one';
comment on column marts.order_exceptions.opened_at is 'Moment it was found, UTC';
comment on column marts.order_exceptions.due_at is 'Moment by which somebody acts, UTC';
comment on column marts.order_exceptions.owner is 'Who acts';
comment on column marts.order_exceptions.tier is '1 trained assistant, 2 ops lead, 3 owner';
comment on column marts.order_exceptions.next_step is 'What they do';
comment on column marts.order_exceptions.evidence is 'What was seen';
comment on column marts.order_exceptions.amount_at_stake is 'Value at stake, in currency';
comment on column marts.order_exceptions.currency is 'ISO 4217';
comment on column marts.order_exceptions.state is 'open, acknowledged or closed';
comment on column marts.order_exceptions.closed_at is 'Moment it closed, UTC';
comment on column marts.order_exceptions.closed_by is 'Who or what closed it';
comment on column marts.order_exceptions.reason is 'Why it closed';
