-- Purchase orders that are late or say too little, goods that nobody ordered, needs that cannot be ordered as they are,
-- and what was suggested and nobody decided on or ordered. Where no purchase order was ever reported, nobody can say
-- that one is unknown, nor after the day of the newest report: the report that is missing or late is the case.
-- grain:  one row per purchase order, receipt of none, SKU whose terms are unknown, or supplier that is waited for
-- keys:   type, subject_kind, subject_id
-- inputs: ledger.purchase_suggestions, settings.buying, settings.export_tables, core.purchase_order_lines, landing.files,
--   landing.sightings, landing.unreferenced, loaded.receipts, ops.reorder_plan, ops.reorder_supply, settings.run

create or replace table checks.finding_purchases as
with

late_lines as (
    select
        purchase_order_lines.*,
        purchase_order_lines.ordered_units - purchase_order_lines.received_units as missing_units
    from core.purchase_order_lines
    cross join settings.run
    where
        purchase_order_lines.promised_date < run.business_date
        and purchase_order_lines.received_units < purchase_order_lines.ordered_units
        and coalesce(purchase_order_lines.state, '') not in ('received', 'closed', 'draft')
),

-- What is still to come of orders that say too little.
coming as (
    select
        po_number,
        sku,
        supplier_id,
        promised_date,
        state,
        status,
        ordered_units - received_units as missing_units,
        unit_cost_amount,
        currency
    from core.purchase_order_lines
    where received_units < ordered_units
),

known as (
    select cast(timezone(run.timezone, max(greatest(files.exported_at, sightings.seen_at))) as date) as to_date
    from landing.files
    inner join settings.export_tables using (report)
    left join landing.sightings using (file_id)
    cross join settings.run
    where files.status = 'accepted' and export_tables.loaded_table = 'purchase_order_lines'
    group by run.timezone
),

strangers as (
    select receipts.*
    from loaded.receipts
    inner join known on coalesce(receipts.received_date <= known.to_date, true)
    semi join landing.unreferenced
        on
            receipts.file_id = unreferenced.file_id
            and receipts.line_no = unreferenced.line_no
            and unreferenced.reason = 'unknown_purchase_order'
)

select
    'purchase_order_overdue' as type,
    'purchase_order' as subject_kind,
    po_number as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    concat_ws(
        '',
        'supplier ' || min(supplier_id) || ', ', 'promised ' || min(promised_date) || ': ',
        sum(missing_units) || ' of ' || sum(ordered_units) || ' units missing on ' || counted(count(*), 'line')
    ) as evidence,
    cast(sum_of_one(missing_units * unit_cost_amount, currency) as decimal(18, 2)) as amount_at_stake,
    one_currency(currency) as currency
from late_lines
group by po_number
union all
select
    'receipt_of_unknown_order' as type,
    'receipt' as subject_kind,
    receipt_id as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    sum(received_units) || ' units came for ' || string_agg(distinct po_number, ', ' order by po_number) as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from (
    select *
    from strangers
    qualify row_number() over (partition by receipt_id, po_number, sku order by exported_at desc, file_id desc) = 1
)
group by receipt_id
union all
select
    'purchase_order_undated' as type,
    'purchase_order' as subject_kind,
    po_number as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    concat_ws(
        '', 'supplier ' || min(supplier_id) || ': ', sum(missing_units),
        ' units without a promised date count as on order: ' || string_agg(distinct sku, ', ' order by sku)
    ) as evidence,
    cast(sum_of_one(missing_units * unit_cost_amount, currency) as decimal(18, 2)) as amount_at_stake,
    one_currency(currency) as currency
from coming
where promised_date is null and state in ('open', 'partial')
group by po_number
union all
select
    'purchase_order_status_unknown' as type,
    'purchase_order' as subject_kind,
    po_number as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    concat_ws(
        '', 'supplier ' || min(supplier_id) || ': ', 'nobody knows whether ', sum(missing_units), ' units of status "',
        coalesce(min(status), ''), '" are on order: ' || string_agg(distinct sku, ', ' order by sku)
    ) as evidence,
    cast(sum_of_one(missing_units * unit_cost_amount, currency) as decimal(18, 2)) as amount_at_stake,
    one_currency(currency) as currency
from coming
where state = 'unknown'
group by po_number
union all
select
    'purchase_terms_unknown' as type,
    'sku' as subject_kind,
    reorder_supply.sku as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    reorder_supply.sku || ' is to be ordered, but its terms are not clear. ' || reorder_supply.doubts as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from ops.reorder_supply
semi join ops.reorder_plan on reorder_supply.sku = reorder_plan.sku and reorder_plan.suggested_units > 0
where reorder_supply.doubts != ''
union all
select
    case waiting.state
        when 'pending_approval' then 'purchase_approval_waiting'
        else 'purchase_not_placed'
    end as type,
    'supplier' as subject_kind,
    waiting.supplier as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    'supplier ' || waiting.supplier || ': ' || counted(count(*), 'line') || ', '
    || case waiting.state when 'pending_approval' then 'suggested on ' else 'open since ' end
    || min(waiting.opened_on) || ': ' || string_agg(waiting.sku, ', ' order by waiting.sku) as evidence,
    cast(sum_of_one(waiting.line_amount, waiting.currency) as decimal(18, 2)) as amount_at_stake,
    one_currency(waiting.currency) as currency
from (
    select
        supplier,
        sku,
        case when state = 'pending_approval' then state else 'open' end as state,
        line_amount,
        currency,
        opened_on
    from ledger.purchase_suggestions
    where state in ('suggested', 'pending_approval', 'approved')
) as waiting
cross join settings.buying
cross join settings.run
group by waiting.supplier, waiting.state
having
    bool_or(
        run.business_date - waiting.opened_on
        > case waiting.state when 'pending_approval' then buying.wait_days else buying.open_days end
    );
