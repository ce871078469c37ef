-- What needs or needed a person, of every station.
-- An exception that was opened again is shown as it is now; ledger and audit log keep each opening.
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
    getvariable('rule_version') as rule_version
from latest
cross join settings.run;

comment on column marts.exceptions.state is 'open, acknowledged or closed';
comment on column marts.exceptions.reason is 'Why it was closed';
