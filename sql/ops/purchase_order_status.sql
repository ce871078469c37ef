-- Each purchase order line with what the supplier answered, sent and delivered, and whether it came on time and in full.
-- Answers and ship notices are matched by purchase order and SKU; of several deliveries the earlier are filled first, and
-- the days that they name are those of the last. On time in full: all units received by the promised
-- date, the shop's tolerance added. What no receipts report covers yet is not late. A supplier that never answers orders
-- is not behind with an answer.
-- grain:  one row per purchase order × SKU × delivery
-- keeps:  core.purchase_order_lines by po_number, sku, delivery_no; sum ordered_units; units ordered_units
-- keys:   po_number, sku, delivery_no
-- inputs: core.purchase_order_lines, core.order_acknowledgements, core.shipment_notices, valid.receipts,
--   settings.suppliers, settings.run

create or replace table ops.purchase_order_status as
with

notices as (
    select
        po_number,
        sku,
        cast(sum(shipped_units) as bigint) as notified_units,
        max(shipped_date) as shipped_date,
        max(expected_date) as expected_date
    from core.shipment_notices
    group by po_number, sku
),

-- Each delivery with the units that go before it.
deliveries as (
    select
        *,
        sum(ordered_units) over (
            partition by po_number, sku order by delivery_no rows between unbounded preceding and current row
        ) - ordered_units as before_units,
        delivery_no = max(delivery_no) over (partition by po_number, sku) as is_last
    from core.purchase_order_lines
),

-- Who answers orders at all.
answering as (
    select distinct lines.supplier_id
    from core.purchase_order_lines as lines
    semi join core.order_acknowledgements as answers on lines.po_number = answers.po_number
),

reported as (
    select cast(timezone(any_value(run.timezone), max(receipts.exported_at)) as date) as receipts_date
    from valid.receipts
    cross join settings.run
),

lines as (
    select
        lines.*,
        answers.acknowledged_date,
        taken(answers.acknowledged_units, lines.before_units, lines.ordered_units, lines.is_last) as acknowledged_units,
        if(lines.is_last, answers.backordered_units, null) as backordered_units,
        if(lines.is_last, answers.confirmed_date, null) as confirmed_date,
        answers.unit_price_amount,
        answers.currency as price_currency,
        answers.answer,
        taken(notices.notified_units, lines.before_units, lines.ordered_units, lines.is_last) as notified_units,
        if(lines.is_last, notices.shipped_date, null) as shipped_date,
        if(lines.is_last, notices.expected_date, null) as expected_date,
        lines.promised_date + cast(suppliers.tolerance_days as integer) as on_time_by_date,
        case
            when
                answers.po_number is not null or notices.po_number is not null or lines.received_units > 0
                or lower(trim(lines.status)) in ('confirmed', 'acknowledged', 'accepted')
                then true
            when answering.supplier_id is not null then false
        end as is_confirmed,
        lines.state in ('open', 'partial') as is_open,
        reported.receipts_date
    from deliveries as lines
    left join core.order_acknowledgements as answers using (po_number, sku)
    left join notices using (po_number, sku)
    left join answering on lines.supplier_id = answering.supplier_id
    cross join settings.suppliers
    cross join reported
),

judged as (
    select
        *,
        case
            when promised_date is null then 'no date was promised'
            when state = 'draft' then 'a draft is no order'
            when state = 'closed' and received_units = 0 then 'cancelled: nothing was to come'
            when state = 'unknown' and received_units = 0 then 'whether it was placed is not known'
            when receipts_date is null then 'no receipts report ever came'
            when on_time_by_date >= receipts_date then 'not due yet, or no receipts report since'
        end as not_judged
    from lines
)

select
    judged.po_number,
    judged.sku,
    judged.delivery_no,
    judged.supplier_id,
    judged.state,
    judged.status,
    judged.ordered_date,
    judged.promised_date,
    judged.ordered_units,
    judged.received_units,
    judged.first_received_date,
    judged.full_received_date,
    judged.unit_cost_amount,
    judged.currency,
    judged.acknowledged_date,
    judged.acknowledged_units,
    judged.backordered_units,
    judged.confirmed_date,
    judged.unit_price_amount,
    judged.price_currency,
    judged.answer,
    judged.notified_units,
    judged.shipped_date,
    judged.expected_date,
    judged.is_confirmed,
    case when judged.is_open and not judged.is_confirmed then run.business_date - judged.ordered_date end
        as unconfirmed_days,
    case
        when
            judged.is_open
            and judged.received_units < judged.ordered_units
            and judged.promised_date < run.business_date
            then run.business_date - judged.promised_date
    end as overdue_days,
    case
        when judged.not_judged is null
            then coalesce(judged.full_received_date <= judged.on_time_by_date, false)
    end as is_on_time_in_full,
    case
        when judged.full_received_date >= judged.ordered_date then judged.full_received_date - judged.ordered_date
    end as lead_time_days,
    case
        when judged.not_judged is not null then judged.not_judged
        when is_on_time_in_full then 'all of it came by ' || judged.on_time_by_date
        when judged.full_received_date is null
            then judged.received_units || ' of ' || judged.ordered_units || ' units have come'
        else 'all of it had come only on ' || judged.full_received_date
    end as reason
from judged
cross join settings.run;

comment on column ops.purchase_order_status.reason is 'Why it was on time in full, was not, or is not judged';
comment on column ops.purchase_order_status.lead_time_days is 'Days from order to the receipt of all of it; null where something is to come, or all had come before the day of the order';
