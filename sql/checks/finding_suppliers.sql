-- Suppliers that break their word: two bad quarters, orders without an answer, and answers and notices that say
-- something else than the order.
-- grain:  one row per type × supplier, purchase order or message of a supplier
-- keys:   type, subject_kind, subject_id
-- inputs: core.order_acknowledgements, core.purchase_order_lines, core.shipment_notices, ops.purchase_order_status,
--   marts.supplier_scorecard, settings.suppliers

create or replace table checks.finding_suppliers as
with

newest as (
    select *
    from marts.supplier_scorecard
    where below_standard is not null
    qualify row_number() over (partition by supplier order by quarter desc) = 1
),

unconfirmed as (
    select status.*
    from ops.purchase_order_status as status
    cross join settings.suppliers
    where status.unconfirmed_days > suppliers.confirm_days
),

-- Each difference between an order line and its answer, in words.
answered as (
    select
        po_number,
        supplier_id,
        currency,
        sku || ': ' || concat_ws(
            ', ',
            case
                when acknowledged_units is distinct from ordered_units
                    then
                        coalesce(cast(acknowledged_units as varchar), 'an unknown number') || ' of '
                        || ordered_units || ' units'
            end,
            case when confirmed_date != promised_date then confirmed_date || ' instead of ' || promised_date end,
            case
                when unit_price_amount != unit_cost_amount and coalesce(price_currency, currency) = currency
                    then 'at ' || unit_price_amount || ' instead of ' || unit_cost_amount || ' ' || currency
                when price_currency != currency then 'priced in ' || price_currency || ' instead of ' || currency
            end
        ) as words,
        (ordered_units - acknowledged_units) * unit_cost_amount as amount
    from ops.purchase_order_status
    where
        is_open_line(state, ordered_units, received_units)
        and acknowledged_date is not null
        and (
            acknowledged_units is distinct from ordered_units
            or confirmed_date != promised_date
            or price_currency != currency
            or (unit_price_amount != unit_cost_amount and coalesce(price_currency, currency) = currency)
        )
),

notified as (
    select
        po_number,
        supplier_id,
        currency,
        sku || ': ' || concat_ws(
            ', ',
            case when notified_units > ordered_units then notified_units || ' of ' || ordered_units || ' units' end,
            case when expected_date > promised_date then expected_date || ' instead of ' || promised_date end
        ) as words
    from ops.purchase_order_status
    where
        is_open_line(state, ordered_units, received_units)
        and (notified_units > ordered_units or expected_date > promised_date)
),

-- What a supplier says of an order or a SKU of it that we do not know; where no order is known, none is a stranger.
strangers as (
    select
        supplier_id,
        po_number,
        sku,
        'answers' as verb
    from core.order_acknowledgements
    anti join core.purchase_order_lines using (po_number, sku)
    union all
    select
        supplier_id,
        po_number,
        sku,
        'announces' as verb
    from core.shipment_notices
    anti join core.purchase_order_lines using (po_number, sku)
)

select
    'supplier_renegotiation' as type,
    'supplier' as subject_kind,
    supplier as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    coalesce(supplier_name || ' (' || supplier || ')', supplier) || ': ' || consecutive_below
    || ' quarters in a row below the standard, the last is ' || quarter || '. ' || reason as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from newest
where renegotiate
union all
select
    'purchase_order_unconfirmed' as type,
    'purchase_order' as subject_kind,
    po_number as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    'supplier ' || min(supplier_id) || ' has not answered the order of ' || min(ordered_date) || ': '
    || named_list(list(sku || ' ' || ordered_units order by sku)) as evidence,
    cast(sum_of_one(ordered_units * unit_cost_amount, currency) as decimal(18, 2)) as amount_at_stake,
    one_currency(currency) as currency
from unconfirmed
group by po_number
union all
select
    'acknowledgement_differs' as type,
    'purchase_order' as subject_kind,
    po_number as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    'supplier ' || min(supplier_id) || ' answered: ' || named_list(list(words order by words)) as evidence,
    cast(sum_of_one(amount, currency) as decimal(18, 2)) as amount_at_stake,
    one_currency(currency) as currency
from answered
group by po_number
union all
select
    'shipment_notice_differs' as type,
    'purchase_order' as subject_kind,
    po_number as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    'supplier ' || min(supplier_id) || ' announced: ' || named_list(list(words order by words)) as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from notified
group by po_number
union all
select
    'supplier_message_unmatched' as type,
    'purchase_order' as subject_kind,
    po_number as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    'supplier ' || min(supplier_id) || ' ' || string_agg(distinct verb, ' and ' order by verb)
    || ' what no purchase order line has: ' || named_list(list(distinct sku order by sku)) as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from strangers
where exists (select 1 from core.purchase_order_lines)
group by po_number;
