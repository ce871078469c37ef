-- Stock that somebody edited by hand and gave no reason for.
-- grain:  one row per edit
-- keys:   type, subject_kind, subject_id
-- inputs: core.stock_adjustments, core.sku_listings

create or replace table checks.finding_adjustments as
select
    'stock_edit_without_reason' as type,
    'stock' as subject_kind,
    concat_ws('/', edits.location, edits.sku, edits.event_date, edits.change_units, nullif(edits.edit_no, 1))
        as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    'the stock of ' || edits.sku || ' at ' || edits.location || ' was changed by ' || edits.change_units
    || ' units on ' || edits.event_date || ' without a reason' as evidence,
    cast(abs(edits.change_units) * listed.cost_amount as decimal(18, 2)) as amount_at_stake,
    case when listed.cost_amount is not null then listed.currency end as currency
from core.stock_adjustments as edits
left join core.sku_listings as listed using (sku)
where edits.reason is null;
