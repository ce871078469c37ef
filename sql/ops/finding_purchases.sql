-- Purchase orders that are late, and goods that nobody ordered.
-- grain:  one row per purchase order, or receipt of none
-- keys:   type, subject_kind, subject_id
-- inputs: core.purchase_order_lines, landing.unreferenced, loaded.receipts, settings.run

create or replace table ops.finding_purchases as
with

late_lines as (
    select
        purchase_order_lines.*,
        purchase_order_lines.ordered_units - purchase_order_lines.received_units as missing_units
    from core.purchase_order_lines
    cross join settings.run
    where
        purchase_order_lines.promised_date < run.business_date
        and purchase_order_lines.received_units < purchase_order_lines.ordered_units
        and coalesce(lower(purchase_order_lines.state), '') not in ('received', 'closed', 'cancelled')
),

strangers as (
    select receipts.*
    from loaded.receipts
    semi join landing.unreferenced
        on
            receipts.file_id = unreferenced.file_id
            and receipts.line_no = unreferenced.line_no
            and unreferenced.reason = 'unknown_purchase_order'
)

select
    'purchase_order_overdue' as type,
    'purchase_order' as subject_kind,
    po_number as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    concat_ws(
        '',
        'supplier ' || min(supplier_id) || ', ', 'promised ' || min(promised_date) || ': ',
        count(*) || ' lines lack ' || sum(missing_units) || ' of ' || sum(ordered_units) || ' units'
    ) as evidence,
    cast(sum(missing_units * unit_cost_amount) as decimal(18, 2)) as amount_at_stake,
    min(currency) as currency
from late_lines
group by po_number
union all
select
    'receipt_of_unknown_order' as type,
    'receipt' as subject_kind,
    receipt_id as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    sum(received_units) || ' units came for ' || string_agg(distinct po_number, ', ' order by po_number) as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from (
    select *
    from strangers
    qualify row_number() over (partition by receipt_id, po_number, sku order by exported_at desc, file_id desc) = 1
)
group by receipt_id;

comment on table ops.finding_purchases is 'Purchase orders that are late, and goods that nobody ordered.';
comment on column ops.finding_purchases.type is 'Kind of exception, by config/exceptions.yaml';
comment on column ops.finding_purchases.subject_kind is 'What it is about';
comment on column ops.finding_purchases.subject_id is 'Which one: the same thing is one exception';
comment on column ops.finding_purchases.channel is 'Channel by the shop file''s name; null where it is of none';
comment on column ops.finding_purchases.order_id is 'The channel''s own order id; null where it is of no order';
comment on column ops.finding_purchases.evidence is 'What was seen: facts that read the same every night, no personal data';
comment on column ops.finding_purchases.amount_at_stake is 'Money in question; null where it is not known';
comment on column ops.finding_purchases.currency is 'ISO 4217';
