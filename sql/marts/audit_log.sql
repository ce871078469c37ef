-- Every change of what people and nights decided, in order.
-- grain:  one row per change
-- keys:   shop, audit_id
-- inputs: ledger.audit_log, settings.run

create or replace table marts.audit_log as
select
    run.shop,
    cast(audit_log.audit_id as varchar) as audit_id,
    audit_log.at,
    audit_log.who,
    audit_log.what,
    audit_log.subject,
    audit_log.before,
    audit_log.after,
    audit_log.why,
    getvariable('rule_version') as rule_version
from ledger.audit_log
cross join settings.run;

comment on column marts.audit_log.subject is 'What it was done to';
