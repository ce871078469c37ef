-- Stock that somebody edited by hand and gave no reason for.
-- grain:  one row per edit
-- keys:   type, subject_kind, subject_id
-- inputs: core.stock_adjustments, core.sku_listings, settings.run

create or replace table checks.finding_adjustments as
select
    'stock_edit_without_reason' as type,
    'stock' as subject_kind,
    concat_ws(
        '/', edits.location, edits.sku, strftime(timezone('UTC', edits.adjusted_at), '%Y-%m-%dT%H:%M:%SZ'),
        edits.change_units, nullif(edits.edit_no, 1)
    ) as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    concat_ws(
        '', 'the stock of ' || edits.sku || ' at ' || edits.location || ' was changed by ', edits.change_units,
        ' units on ' || cast(timezone(run.timezone, edits.adjusted_at) as date),
        ' (edit ' || edits.adjustment_id || ')', ' without a reason'
    ) as evidence,
    cast(abs(edits.change_units) * listed.cost_amount as decimal(18, 2)) as amount_at_stake,
    case when listed.cost_amount is not null then listed.currency end as currency
from core.stock_adjustments as edits
cross join settings.run
left join core.sku_listings as listed using (sku)
where edits.reason is null;
