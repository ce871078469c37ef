-- Pages that are past their review, or lack what a page must have.
-- grain:  one row per SOP
-- keys:   type, subject_kind, subject_id
-- inputs: marts.sop_register

create or replace table checks.finding_sops as
select
    'sop_overdue' as type,
    'sop' as subject_kind,
    sop as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    reason as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from marts.sop_register
where status in ('overdue', 'incomplete');
