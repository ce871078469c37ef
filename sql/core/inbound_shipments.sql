-- What was sent to Amazon in each inbound shipment, and what it says it has received of it.
-- Of each report the newest row of a SKU holds, its boxes added up. Where the own list and Amazon's differ in what was
-- sent, Amazon's is taken: it is what Amazon counts against. The ledger lists receipts by day; a newer ledger of a day
-- replaces what an older one said of it. Of a shipment that left before the first day of any ledger, and that no ledger
-- names, a ledger says nothing. Without a stated day a shipment left when it was first reported.
-- grain:  one row per inbound shipment × SKU
-- keys:   shipment_id, sku
-- inputs: valid.inbound_items, valid.stock_events, core.amazon_skus, settings.run

create or replace table core.inbound_shipments as
with

items as (
    select
        inbound_items.platform,
        inbound_items.shipment_id,
        coalesce(amazon_skus.sku, inbound_items.channel_sku) as sku,
        inbound_items.file_id,
        inbound_items.exported_at,
        sum(inbound_items.shipped_units) as shipped_units,
        sum(inbound_items.received_units) as received_units,
        min(inbound_items.shipped_date) as shipped_date
    from valid.inbound_items
    left join core.amazon_skus using (channel_sku)
    group by all
),

newest as (
    select
        platform,
        shipment_id,
        sku,
        max_by(shipped_units, (exported_at, file_id)) as shipped_units,
        max_by(received_units, (exported_at, file_id)) as received_units,
        max_by(shipped_date, (exported_at, file_id)) as shipped_date,
        min(exported_at) as first_reported_at,
        max(exported_at) filter (where received_units is not null) as received_as_of,
        max_by(file_id, (exported_at, file_id)) as file_id
    from items
    group by all
),

sent as (
    select
        newest.shipment_id,
        newest.sku,
        coalesce(
            max(newest.shipped_units) filter (where newest.platform = 'amazon'), max(newest.shipped_units)
        ) as shipped_units,
        max(newest.received_units) as received_units,
        coalesce(
            min(newest.shipped_date), cast(timezone(run.timezone, min(newest.first_reported_at)) as date)
        ) as shipped_date,
        max(newest.received_as_of) as received_as_of,
        min(newest.file_id) as source_file_id
    from newest
    cross join settings.run
    group by newest.shipment_id, newest.sku, run.timezone
),

-- Each day of a shipment as the newest ledger has it.
receipts as (
    select
        stock_events.reference_id as shipment_id,
        coalesce(amazon_skus.sku, stock_events.channel_sku) as sku,
        stock_events.event_date,
        stock_events.change_units
    from valid.stock_events
    left join core.amazon_skus using (channel_sku)
    where
        stock_events.platform = 'amazon'
        and stock_events.event ilike 'receipts'
        and stock_events.reference_id is not null
    qualify stock_events.file_id = first_value(stock_events.file_id) over (
        partition by stock_events.reference_id, stock_events.channel_sku, stock_events.event_date
        order by stock_events.exported_at desc, stock_events.file_id desc
    )
),

received as (
    select
        shipment_id,
        sku,
        sum(change_units) as ledger_units,
        max(event_date) as last_received_date
    from receipts
    group by shipment_id, sku
),

-- A ledger without a line of a shipment says that nothing of it was received by its day, from its first day on.
ledger as (
    select
        max(exported_at) as newest_at,
        min(event_date) as from_date
    from valid.stock_events
    where event is not null and platform = 'amazon'
),

named as (
    select distinct shipment_id
    from receipts
),

covered as (
    select
        sent.*,
        case when ledger.from_date <= sent.shipped_date or named.shipment_id is not null then ledger.newest_at end
            as ledger_as_of
    from sent
    cross join ledger
    left join named using (shipment_id)
)

select
    covered.shipment_id,
    covered.sku,
    covered.shipped_date,
    cast(covered.shipped_units as bigint) as shipped_units,
    cast(case
        when covered.ledger_as_of is null then covered.received_units
        else greatest(coalesce(received.ledger_units, 0), coalesce(covered.received_units, 0))
    end as bigint) as received_units,
    received.last_received_date,
    cast(
        timezone(run.timezone, greatest(covered.ledger_as_of, covered.received_as_of)) as date
    ) as received_known_date,
    covered.source_file_id
from covered
left join received using (shipment_id, sku)
cross join settings.run;

comment on column core.inbound_shipments.shipped_units is 'Units sent to Amazon';
comment on column core.inbound_shipments.received_units is 'Units that Amazon has received; null where no report says it';
comment on column core.inbound_shipments.shipped_date is 'Day it left; where no file says it, the day of the first file that names the shipment';
