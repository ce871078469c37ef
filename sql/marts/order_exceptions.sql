-- What needs or needed a person about an order.
-- An exception that was opened again is shown as it is now; ledger and audit log keep each opening.
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
    getvariable('rule_version') as rule_version
from marts.exceptions
where order_id is not null;

comment on column marts.order_exceptions.state is 'open, acknowledged or closed';
comment on column marts.order_exceptions.reason is 'Why it was closed';
