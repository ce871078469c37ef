-- How many units of each order line were removed, cancelled and shipped, and how many are still to leave.
-- ordered = removed + cancelled + shipped + open, none of them below 0.
-- A line ships what its channel or a parcel says of it. A parcel that names only its order ships, beyond what the
-- lines account for, what it holds, in the order of the lines; one that does not say what it holds ships the order,
-- unless the channel itself calls the order partly shipped.
-- Of a line that has not all left, units that were given back are those that had not: they are cancelled.
-- grain:  one row per order line
-- keys:   channel, order_id, line_id
-- by:     channel, order_id
-- inputs: core.stated_lines, core.order_headers, core.order_parcels, core.shipments

create or replace table core.line_units as
with

lines as (
    select
        stated_lines.*,
        headers.fulfilment as order_fulfilment,
        headers.payment,
        headers.stated_shipped_at,
        headers.is_cancelled or stated_lines.fulfilment = 'cancelled' as is_cancelled
    from core.stated_lines
    inner join core.order_headers as headers using (channel, order_id)
),

-- What the channel states of each line.
stated as (
    select
        *,
        case
            when removed_units is not null then least(removed_units, ordered_units)
            -- Units that are gone from an order of which something has left may have come back after they left.
            when order_fulfilment = 'shipped' or (current_units is null and open_units is null) then 0
            when order_fulfilment = 'partial' then greatest(ordered_units - coalesce(current_units, ordered_units), 0)
            else greatest(ordered_units - coalesce(open_units, current_units), 0)
        end as removed,
        case
            when shipped_units is not null then shipped_units
            when order_fulfilment = 'shipped' then ordered_units
            when order_fulfilment = 'partial' and open_units is not null
                then greatest(coalesce(current_units, ordered_units) - open_units, 0)
            when fulfilment = 'shipped' then ordered_units
            when stated_shipped_at is not null and order_fulfilment <> 'partial' and fulfilment <> 'partial'
                then ordered_units
            else 0
        end as said_shipped
    from lines
),

wanted as (
    select
        *,
        ordered_units - removed as wanted,
        case
            when is_cancelled and fulfilment <> 'shipped' then 0 else least(said_shipped, ordered_units - removed)
        end as stated_shipped
    from stated
),

parcel_skus as (
    select
        channel,
        order_id,
        sku as parcel_sku,
        sum(shipped_units) as units
    from core.shipments
    where order_id is not null and sku <> '' and shipped_units is not null
    group by channel, order_id, sku
),

by_sku as (
    select
        wanted.*,
        case
            when wanted.is_cancelled then wanted.stated_shipped
            else greatest(
                wanted.stated_shipped,
                least(
                    wanted.wanted,
                    coalesce(by_listing.units, by_own.units, 0) - coalesce(sum(wanted.wanted) over (
                        partition by
                            wanted.channel, wanted.order_id, coalesce(by_listing.parcel_sku, by_own.parcel_sku)
                        order by wanted.line_no, wanted.line_id
                        rows between unbounded preceding and 1 preceding
                    ), 0)
                )
            )
        end as sku_shipped
    from wanted
    left join parcel_skus as by_listing
        on
            wanted.channel = by_listing.channel and wanted.order_id = by_listing.order_id
            and wanted.channel_sku = by_listing.parcel_sku
    left join parcel_skus as by_own
        on
            wanted.channel = by_own.channel and wanted.order_id = by_own.order_id
            and wanted.sku = by_own.parcel_sku
),

by_parcel as (
    select
        by_sku.*,
        case
            when by_sku.is_cancelled or order_parcels.order_id is null then by_sku.sku_shipped
            when order_parcels.shipped_units is not null
                then by_sku.sku_shipped + greatest(least(
                    by_sku.wanted - by_sku.sku_shipped,
                    order_parcels.shipped_units
                    - sum(by_sku.sku_shipped) over (partition by by_sku.channel, by_sku.order_id)
                    - coalesce(sum(by_sku.wanted - by_sku.sku_shipped) over (
                        partition by by_sku.channel, by_sku.order_id order by by_sku.line_no, by_sku.line_id
                        rows between unbounded preceding and 1 preceding
                    ), 0)
                ), 0)
            when by_sku.order_fulfilment = 'partial' then by_sku.sku_shipped
            else by_sku.wanted
        end as shipped
    from by_sku
    left join core.order_parcels using (channel, order_id)
),

-- Refunded or put back into stock before it left: nobody waits for it any more.
closed as (
    select
        *,
        case
            when is_cancelled then 'cancelled'
            when payment = 'refunded' then 'refunded'
            when 'restocked' in (fulfilment, order_fulfilment) then 'restocked'
            when wanted > shipped and returned_units >= wanted - shipped then 'refunded'
        end as closed_reason,
        least(wanted - shipped, coalesce(returned_units, 0)) as unsent_refunded
    from by_parcel
)

select
    channel,
    order_id,
    line_id,
    cast(ordered_units as bigint) as ordered_units,
    cast(removed as bigint) as removed_units,
    cast(case when closed_reason is null then unsent_refunded else wanted - shipped end as bigint) as cancelled_units,
    cast(shipped as bigint) as shipped_units,
    cast(case when closed_reason is null then wanted - shipped - unsent_refunded else 0 end as bigint) as open_units,
    is_cancelled,
    closed_reason
from closed;
