-- Orders of which a row was set aside and no later file has told again.
-- A line that only waits for its SKU holds up an order that is still to be shipped, and no other.
-- grain:  one row per order
-- keys:   type, subject_kind, subject_id
-- inputs: ops.quarantined_lines, core.orders

create or replace table ops.finding_quarantine as
select
    'quarantined_order' as type,
    'order' as subject_kind,
    concat_ws('/', quarantined_lines.channel, quarantined_lines.order_id) as subject_id,
    quarantined_lines.channel,
    quarantined_lines.order_id,
    string_agg(
        distinct quarantined_lines.file_name || ' line ' || quarantined_lines.line_no || ': ' || quarantined_lines.reason,
        '; '
        order by quarantined_lines.file_name || ' line ' || quarantined_lines.line_no || ': ' || quarantined_lines.reason
    ) as evidence,
    cast(coalesce(max(orders.total_amount), max(quarantined_lines.told_amount)) as decimal(18, 2)) as amount_at_stake,
    coalesce(max(orders.currency), max(quarantined_lines.currency)) as currency
from ops.quarantined_lines
left join core.orders using (channel, order_id)
where
    quarantined_lines.order_id is not null
    and quarantined_lines.resolved_at is null
    and (not quarantined_lines.is_waiting or orders.state in ('open', 'pending'))
group by quarantined_lines.channel, quarantined_lines.order_id;

comment on table ops.finding_quarantine is 'Orders of which a row was set aside and no later file has told again.';
comment on column ops.finding_quarantine.type is 'Kind of exception, by config/exceptions.yaml';
comment on column ops.finding_quarantine.subject_kind is 'What it is about';
comment on column ops.finding_quarantine.subject_id is 'Which one: the same thing is one exception';
comment on column ops.finding_quarantine.channel is 'Channel by the shop file''s name; null where it is of none';
comment on column ops.finding_quarantine.order_id is 'The channel''s own order id; null where it is of no order';
comment on column ops.finding_quarantine.evidence is 'What was seen: facts that read the same every night, no personal data';
comment on column ops.finding_quarantine.amount_at_stake is 'Money in question; null where it is not known';
comment on column ops.finding_quarantine.currency is 'ISO 4217';
