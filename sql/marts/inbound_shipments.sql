-- Each inbound shipment to Amazon: what was sent, what was received, what is missing and what that cost.
-- grain:  one row per inbound shipment × SKU
-- needs:  inbound, sku_map, stock_events, unit_costs
-- keeps:  ops.inbound_shipments by shipment_id, sku; sum shipped_units; units shipped_units
-- keys:   shop, shipment_id, sku
-- inputs: ops.inbound_shipments, ops.reorder_supply, ops.current_costs, settings.run

create or replace table marts.inbound_shipments as
select
    run.shop,
    run.business_date as as_of,
    inbound_shipments.shipment_id,
    inbound_shipments.sku,
    inbound_shipments.shipped_date,
    inbound_shipments.due_date,
    inbound_shipments.age_days,
    inbound_shipments.shipped_units,
    inbound_shipments.received_units,
    inbound_shipments.missing_units,
    inbound_shipments.to_come_units,
    cast(
        inbound_shipments.missing_units * coalesce(reorder_supply.own_cost, current_costs.own_cost) as decimal(18, 2)
    ) as missing_amount,
    run.currency,
    inbound_shipments.last_received_date,
    inbound_shipments.received_known_date,
    concat_ws(
        '; ',
        inbound_shipments.reason,
        case
            when missing_amount is null and inbound_shipments.missing_units > 0 then 'what a unit costs is not known'
        end
    ) as reason,
    getvariable('rule_version') as rule_version,
    inbound_shipments.source_file_id
from ops.inbound_shipments
left join ops.reorder_supply using (sku)
left join ops.current_costs using (sku)
cross join settings.run;

comment on column marts.inbound_shipments.shipped_units is 'Units sent to Amazon';
comment on column marts.inbound_shipments.received_units is 'Units that Amazon has received; null where no report says it';
comment on column marts.inbound_shipments.missing_units is 'Units sent and not received in the shop''s days; null where it is not to be said yet';
comment on column marts.inbound_shipments.missing_amount is 'The missing units at what the supplier taken tonight charges, else at the cost that is known; null where none is';
comment on column marts.inbound_shipments.age_days is 'Days since it left';
comment on column marts.inbound_shipments.due_date is 'Last day on which Amazon is to have received it';
comment on column marts.inbound_shipments.reason is 'Whether it was received, is to come or is missing, or which report is needed to say so';
