-- Orders that an open case keeps from leaving.
-- grain:  one row per order
-- keys:   channel, order_id
-- inputs: ledger.exceptions, settings.exception_types

create or replace table ops.blocked_orders as
select
    exceptions.channel,
    exceptions.order_id,
    -- The oldest, where several hold it back.
    arg_min(exceptions.type, (exceptions.opened_at, exceptions.type)) as blocking_exception
from ledger.exceptions
inner join settings.exception_types using (type)
where exception_types.is_blocking and exceptions.state <> 'closed' and exceptions.order_id is not null
group by exceptions.channel, exceptions.order_id;
