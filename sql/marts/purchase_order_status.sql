-- Each purchase order line with what the supplier answered, sent and delivered, and how late it is.
-- grain:  one row per purchase order × SKU × delivery
-- needs:  purchase_orders, receipts
-- keeps:  ops.purchase_order_status by po_number, sku, delivery_no; sum ordered_units; units ordered_units
-- keys:   shop, po_number, sku, delivery_no
-- inputs: ops.purchase_order_status, settings.run

create or replace table marts.purchase_order_status as
select
    run.shop,
    run.business_date as as_of,
    lines.po_number,
    lines.sku,
    lines.delivery_no,
    lines.supplier_id,
    lines.state,
    lines.status,
    lines.ordered_date,
    lines.promised_date,
    lines.ordered_units,
    lines.received_units,
    lines.first_received_date,
    lines.full_received_date,
    lines.unit_cost_amount,
    lines.currency,
    lines.acknowledged_date,
    lines.acknowledged_units,
    lines.backordered_units,
    lines.confirmed_date,
    lines.unit_price_amount,
    lines.price_currency,
    lines.answer,
    lines.notified_units,
    lines.shipped_date,
    lines.expected_date,
    lines.is_confirmed,
    lines.unconfirmed_days,
    lines.overdue_days,
    lines.is_on_time_in_full,
    lines.lead_time_days,
    lines.reason,
    getvariable('rule_version') as rule_version
from ops.purchase_order_status as lines
cross join settings.run;

comment on column marts.purchase_order_status.reason is 'Why it was on time in full, was not, or is not judged';
