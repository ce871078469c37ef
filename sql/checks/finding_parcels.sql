-- Parcels that left for an order that no channel reports, or for one of several that share a number.
-- Of a channel whose orders never came, of days before its first order and after its newest report, nobody can say that
-- an order is unknown: the report that is missing or late is the case.
-- grain:  one row per parcel
-- keys:   type, subject_kind, subject_id
-- inputs: landing.unreferenced, loaded.shipments, core.shipments, ops.report_presence, settings.channels

create or replace table checks.finding_parcels as
with

unknown as (
    select shipments.*
    from loaded.shipments
    semi join landing.unreferenced
        on
            shipments.file_id = unreferenced.file_id
            and shipments.line_no = unreferenced.line_no
            and unreferenced.reason = 'unknown_order'
    qualify row_number() over (
        partition by shipments.store, shipments.order_name, shipments.tracking_id
        order by shipments.exported_at desc, shipments.file_id desc, shipments.line_no desc
    ) = 1
),

knowable as (
    select unknown.*
    from unknown
    left join ops.report_presence on unknown.store = report_presence.channel
    left join settings.channels on unknown.store = channels.channel
    where
        report_presence.channel is null
        or (
            report_presence.has_orders
            and coalesce(unknown.shipped_at >= report_presence.orders_known_from_at, true)
            and coalesce(
                cast(timezone(channels.timezone, unknown.shipped_at) as date) < report_presence.orders_known_to_date,
                true
            )
        )
)

select
    'parcel_of_unknown_order' as type,
    'parcel' as subject_kind,
    concat_ws('/', store, order_name, tracking_id) as subject_id,
    store as channel,
    cast(null as varchar) as order_id,
    concat_ws(
        '', 'order ' || order_name || ', ', shipped_units || ' units, ',
        'left ' || location, ' ' || strftime(timezone('UTC', shipped_at), '%Y-%m-%d')
    ) as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from knowable
union all
select distinct
    'ambiguous_order_number' as type,
    'parcel' as subject_kind,
    concat_ws('/', channel, order_name, nullif(tracking_id, '')) as subject_id,
    channel,
    cast(null as varchar) as order_id,
    'several orders have the number ' || order_name || ': the parcel ships none of them until one is named' as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from core.shipments
where order_id is null;
