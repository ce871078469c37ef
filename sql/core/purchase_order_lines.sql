-- Every purchase order line with what came of it. Lines of one SKU that differ in day, state, place, supplier or currency
-- are deliveries of their own: one may have come while the other is still open. Lines that differ in nothing of it are
-- one, and cost per unit what all of them cost together, as where some are free.
-- What came fills the deliveries that the order calls received first, then the others by their day; what is drafted or
-- cancelled takes nothing, and what is too much is with the last.
-- A purchase order is stated whole by the newest file that has it. A receipt lists what came with it: what it says of a
-- SKU, by lots or shelves, counts by the newest file that has it.
-- grain:  one row per purchase order × SKU × delivery
-- keeps:  valid.purchase_order_lines by po_number, sku; units ordered_units; money ordered_units * unit_cost_amount;
--   leaves not_in_newest_state where exists (
--       select 1 from valid.purchase_order_lines as newer
--       where newer.po_number = this.po_number and newer.exported_at > this.exported_at
--   )
-- keys:   po_number, sku, delivery_no
-- inputs: valid.purchase_order_lines, core.receipts

create or replace table core.purchase_order_lines as
with

newest as (
    select
        po_number,
        arg_max(file_id, (exported_at, file_id)) as file_id
    from valid.purchase_order_lines
    group by po_number
),

lines as (
    select
        po_number,
        sku,
        supplier_id,
        min(ordered_date) as ordered_date,
        promised_date,
        cast(sum(ordered_units) as bigint) as ordered_units,
        cast(
            sum(ordered_units * unit_cost_amount)
            / sum(ordered_units) filter (where unit_cost_amount is not null) as decimal(18, 4)
        ) as unit_cost_amount,
        currency,
        state,
        max(status) as status,
        location,
        case
            when state = 'received' then 1
            when state = 'draft' or (state = 'closed' and not starts_with(folded(status), 'closed')) then 3
            else 2
        end as turn
    from valid.purchase_order_lines
    inner join newest using (po_number, file_id)
    group by po_number, sku, supplier_id, promised_date, currency, state, location, turn
),

numbered as (
    select
        *,
        row_number() over (
            partition by po_number, sku order by turn, promised_date, location, state, supplier_id, currency
        ) as delivery_no,
        turn < 3 or min(turn) over (partition by po_number, sku) = 3 as takes_receipts
    from lines
),

deliveries as (
    select
        *,
        sum(ordered_units) over (
            partition by po_number, sku order by delivery_no rows between unbounded preceding and current row
        ) as full_at_units,
        delivery_no = max(delivery_no) filter (where takes_receipts) over (partition by po_number, sku) as is_last
    from numbered
),

arrivals as (
    select
        po_number,
        sku,
        received_date,
        sum(received_units) as units,
        sum(sum(received_units)) over (partition by po_number, sku order by received_date) as so_far_units
    from core.receipts
    group by po_number, sku, received_date
),

-- A receipt below nothing takes back what was sent back or entered twice: a line is in full from the day on which it stays so.
staying as (
    select
        *,
        min(so_far_units) over (
            partition by po_number, sku order by received_date rows between current row and unbounded following
        ) as staying_units
    from arrivals
),

receipts as (
    select
        deliveries.po_number,
        deliveries.sku,
        deliveries.delivery_no,
        cast(sum(
            if(deliveries.is_last, arrivals.so_far_units, least(arrivals.so_far_units, deliveries.full_at_units))
            - greatest(arrivals.so_far_units - arrivals.units, deliveries.full_at_units - deliveries.ordered_units)
        ) as bigint) as received_units,
        min(arrivals.received_date) as first_received_date,
        max(arrivals.received_date) as last_received_date,
        min(arrivals.received_date) filter (where arrivals.staying_units >= deliveries.full_at_units)
            as full_received_date
    from deliveries
    inner join staying as arrivals
        on
            deliveries.po_number = arrivals.po_number and deliveries.sku = arrivals.sku
            and arrivals.so_far_units > deliveries.full_at_units - deliveries.ordered_units
            and (deliveries.is_last or arrivals.so_far_units - arrivals.units < deliveries.full_at_units)
    where deliveries.takes_receipts
    group by deliveries.po_number, deliveries.sku, deliveries.delivery_no
)

select
    lines.po_number,
    lines.sku,
    lines.delivery_no,
    lines.supplier_id,
    lines.ordered_date,
    lines.promised_date,
    lines.ordered_units,
    coalesce(receipts.received_units, 0) as received_units,
    receipts.first_received_date,
    receipts.last_received_date,
    receipts.full_received_date,
    lines.unit_cost_amount,
    lines.currency,
    lines.state,
    lines.status,
    lines.location
from deliveries as lines
left join receipts using (po_number, sku, delivery_no);

comment on column core.purchase_order_lines.state is 'draft, open, partial, received, closed, or unknown for a word nobody declared';
comment on column core.purchase_order_lines.status is 'The status as the buyer''s system writes it';
comment on column core.purchase_order_lines.location is 'Where it is to be delivered; null where no export says it';
