-- Purchase orders that are overdue.
-- grain:  one row per finding
-- keys:   type, subject_kind, subject_id
-- inputs: core.purchase_order_lines, settings.run

create or replace table ops.finding_purchasing as
select
    'purchase_order_overdue' as type,
    'purchase order' as subject_kind,
    lines.po_number as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    'promised ' || min(lines.promised_date) || ', ' || count(*) || ' lines not received in full' as evidence,
    cast(sum((lines.ordered_units - lines.received_units) * lines.unit_cost_amount) as decimal(18, 2))
        as amount_at_stake,
    any_value(lines.currency) as currency
from core.purchase_order_lines as lines
cross join settings.run
where
    lines.state in ('open', 'partial')
    and lines.received_units < lines.ordered_units
    and lines.promised_date < run.business_date
group by lines.po_number;

comment on table ops.finding_purchasing is 'Purchase orders that are overdue.';
comment on column ops.finding_purchasing.type is 'Kind, of config/exceptions.yaml';
comment on column ops.finding_purchasing.subject_kind is 'What it is about';
comment on column ops.finding_purchasing.subject_id is 'Which one';
comment on column ops.finding_purchasing.channel is 'Channel, where it has one';
comment on column ops.finding_purchasing.order_id is 'Order, where it is about one';
comment on column ops.finding_purchasing.evidence is 'What was seen: facts, not ages';
comment on column ops.finding_purchasing.amount_at_stake is 'Value at stake, in currency; null where unknown';
comment on column ops.finding_purchasing.currency is 'ISO 4217';
