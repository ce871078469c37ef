-- Every change that people and runs made to what the shop decided, in order.
-- grain:  one row per change
-- keys:   shop, audit_id
-- inputs: ledger.audit_log

create or replace table marts.audit_log as
select
    shop,
    cast(audit_id as varchar) as audit_id,
    audit_log."at",
    who,
    what,
    subject,
    before,
    after,
    why
from ledger.audit_log;

comment on table marts.audit_log is 'Every change that people and runs made to what the shop decided, in order.';
comment on column marts.audit_log.shop is 'Shop';
comment on column marts.audit_log.audit_id is 'Number of the change';
comment on column marts.audit_log."at" is 'Moment, UTC';
comment on column marts.audit_log.who is 'Who';
comment on column marts.audit_log.what is 'What was done';
comment on column marts.audit_log.subject is 'To what';
comment on column marts.audit_log.before is 'What it was';
comment on column marts.audit_log.after is 'What it is';
comment on column marts.audit_log.why is 'Why';
