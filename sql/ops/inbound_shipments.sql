-- What of each inbound shipment to Amazon is still to come, and what is missing.
-- A unit is missing once a report that is newer than the shop's days for an inbound shipment shows it as not received;
-- until then it is still to come, and without such a report it is neither.
-- grain:  one row per inbound shipment × SKU
-- keeps:  core.inbound_shipments by shipment_id, sku; sum shipped_units; units shipped_units
-- keys:   shipment_id, sku
-- inputs: core.inbound_shipments, settings.buying, settings.run

create or replace table ops.inbound_shipments as
with

due as (
    select
        inbound_shipments.*,
        inbound_shipments.shipped_date + cast(buying.inbound_days as integer) as due_date,
        case
            when inbound_shipments.received_units is not null
                then greatest(inbound_shipments.shipped_units - inbound_shipments.received_units, 0)
        end as open_units
    from core.inbound_shipments
    cross join settings.buying
)

select
    due.shipment_id,
    due.sku,
    due.shipped_date,
    due.due_date,
    run.business_date - due.shipped_date as age_days,
    due.shipped_units,
    due.received_units,
    due.last_received_date,
    due.received_known_date,
    case when due.received_known_date > due.due_date then due.open_units end as missing_units,
    case
        when due.received_known_date > due.due_date then 0
        when due.open_units is not null then due.open_units
        when due.due_date >= run.business_date then due.shipped_units
    end as to_come_units,
    case
        when due.open_units = 0 and due.received_units > due.shipped_units
            then 'Amazon has received more than was sent'
        when due.open_units = 0 then 'all of it was received'
        when missing_units > 0 then 'not received by ' || due.due_date
        when due.open_units is null
            then 'no report says what was received: bring the inventory ledger (detail) or the shipment items'
        when due.due_date >= run.business_date then 'still to come, due by ' || due.due_date
        else 'due by ' || due.due_date || ', and no report since: bring a newer inventory ledger (detail)'
    end as reason,
    due.source_file_id
from due
cross join settings.run;

comment on column ops.inbound_shipments.shipped_units is 'Units sent to Amazon';
comment on column ops.inbound_shipments.received_units is 'Units that Amazon has received; null where no report says it';
comment on column ops.inbound_shipments.missing_units is 'Units sent and not received in the shop''s days; null where it is not to be said yet';
comment on column ops.inbound_shipments.age_days is 'Days since it left';
comment on column ops.inbound_shipments.due_date is 'Last day on which Amazon is to have received it';
comment on column ops.inbound_shipments.reason is 'Whether it was received, is to come or is missing, or which report is needed to say so';
