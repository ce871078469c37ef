-- Files that were refused, reports that did not come, rows that wait for their partner.
-- grain:  one row per finding
-- keys:   type, subject_kind, subject_id
-- inputs: landing.files, landing.unreferenced, landing.quarantine, loaded.order_lines, loaded.shipments, loaded.receipts, marts.data_freshness

create or replace table ops.finding_files as
with

unmapped as (
    select
        order_lines.channel,
        order_lines.channel_sku,
        count(distinct concat_ws('/', order_lines.channel, order_lines.order_id, order_lines.line_id)) as lines,
        max(order_lines.quantity_units) as units,
        cast(max(order_lines.gross_amount) as decimal(18, 2)) as amount,
        any_value(order_lines.currency) as currency
    from loaded.order_lines
    inner join landing.unreferenced using (file_id, line_no)
    where unreferenced.reason = 'unmapped_sku'
    group by order_lines.channel, order_lines.channel_sku
),

found as (
    select
        'rejected_file' as type,
        'file' as subject_kind,
        name as subject_id,
        cast(null as varchar) as channel,
        reason as evidence,
        cast(null as decimal(18, 2)) as amount_at_stake,
        cast(null as varchar) as currency
    from landing.files
    where status = 'rejected'
    qualify row_number() over (partition by name order by exported_at desc, file_id asc) = 1
    union all
    select
        'stale_report' as type,
        'report' as subject_kind,
        report as subject_id,
        null as channel,
        'limit ' || limit_hours || ' h, ' || coalesce('last file of ' || last_file_at, 'none came yet') as evidence,
        null as amount_at_stake,
        null as currency
    from marts.data_freshness
    where status in ('stale', 'never')
    union all
    select
        'unmapped_sku' as type,
        'listing' as subject_kind,
        channel || '/' || channel_sku as subject_id,
        channel,
        lines || ' order lines' as evidence,
        amount as amount_at_stake,
        currency
    from unmapped
    union all
    select
        'parcel_of_unknown_order' as type,
        'parcel' as subject_kind,
        shipments.store || '/' || shipments.order_name || '/' || coalesce(shipments.tracking_id, '') as subject_id,
        shipments.store as channel,
        any_value('order ' || shipments.order_name || ' is in no export') as evidence,
        null as amount_at_stake,
        null as currency
    from loaded.shipments
    inner join landing.unreferenced using (file_id, line_no)
    group by all
    union all
    select
        'receipt_of_unknown_order' as type,
        'receipt' as subject_kind,
        receipts.receipt_id as subject_id,
        null as channel,
        any_value('purchase order ' || receipts.po_number || ' is in no export') as evidence,
        null as amount_at_stake,
        null as currency
    from loaded.receipts
    inner join landing.unreferenced using (file_id, line_no)
    group by all
)

select
    type,
    subject_kind,
    subject_id,
    channel,
    cast(null as varchar) as order_id,
    evidence,
    amount_at_stake,
    currency
from found;

comment on table ops.finding_files is 'Files that were refused, reports that did not come, rows that wait for their partner.';
comment on column ops.finding_files.type is 'Kind, of config/exceptions.yaml';
comment on column ops.finding_files.subject_kind is 'What it is about';
comment on column ops.finding_files.subject_id is 'Which one';
comment on column ops.finding_files.channel is 'Channel, where it has one';
comment on column ops.finding_files.order_id is 'Order, where it is about one';
comment on column ops.finding_files.evidence is 'What was seen: facts, not ages';
comment on column ops.finding_files.amount_at_stake is 'Value at stake, in currency; null where unknown';
comment on column ops.finding_files.currency is 'ISO 4217';
