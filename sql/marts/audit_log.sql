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
    '1' as rule_version
from ledger.audit_log
cross join settings.run;

comment on table marts.audit_log is 'Every change of what people and nights decided, in order.';
comment on column marts.audit_log.shop is 'Shop';
comment on column marts.audit_log.audit_id is 'Number of the change';
comment on column marts.audit_log.at is 'Moment, UTC';
comment on column marts.audit_log.who is 'Person, or the night';
comment on column marts.audit_log.what is 'What was done';
comment on column marts.audit_log.subject is 'What it was done to';
comment on column marts.audit_log.before is 'State before, JSON; null where there was none';
comment on column marts.audit_log.after is 'State after, JSON';
comment on column marts.audit_log.why is 'Reason';
comment on column marts.audit_log.rule_version is 'Version of the rule that computed it';
