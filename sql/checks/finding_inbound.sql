-- Units of inbound shipments that Amazon should have received by now and has not.
-- grain:  one row per inbound shipment
-- keys:   type, subject_kind, subject_id
-- inputs: marts.inbound_shipments

create or replace table checks.finding_inbound as
select
    'inbound_units_missing' as type,
    'shipment' as subject_kind,
    shipment_id as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    'left on ' || min(shipped_date) || ', to be received by ' || min(due_date) || ': '
    || named_list(
        list(sku || ' ' || missing_units || ' of ' || shipped_units || ' missing' order by missing_units desc, sku asc)
    )
    || cost_gap(count(*), count(missing_amount)) as evidence,
    cast(sum(missing_amount) as decimal(18, 2)) as amount_at_stake,
    min(currency) as currency
from marts.inbound_shipments
where missing_units > 0
group by shipment_id;
