-- Statements of people whose last day is over: what they said no longer holds, and is said for some days.
-- grain:  one row per override that ended by its date
-- keys:   type, subject_kind, subject_id
-- inputs: ledger.overrides, settings.run

create or replace table checks.finding_overrides as
select
    'override_expired' as type,
    'override' as subject_kind,
    overrides.subject_kind || '/' || overrides.subject_id || '/' || overrides.what as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    override_words(
        overrides.what, overrides.value, overrides.who, overrides.until_date, overrides.reason, run.business_date
    ) as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from ledger.overrides
cross join settings.run
where
    is_said_override(overrides.ended_at, overrides.until_date, run.business_date)
    and overrides.until_date < run.business_date;
