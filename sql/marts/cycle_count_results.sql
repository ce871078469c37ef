-- What each cycle count found: book and shelf, the difference in units and money, and what follows from it.
-- Nothing is adjusted by itself: `adjustment_units` is what a person enters into the stock system.
-- grain:  one row per count record
-- needs:  all orders, all sibling_orders, sku_map, bundles, stock_counts, suppliers, supplier_items, unit_costs
-- keeps:  ops.count_verdicts by count_record_id; same counted_units; units counted_units
-- keys:   shop, count_record_id
-- inputs: ops.count_verdicts, ops.reorder_supply, ops.current_costs, settings.run

create or replace table marts.cycle_count_results as
select
    run.shop,
    run.business_date as as_of,
    count_verdicts.count_record_id,
    count_verdicts.count_id,
    count_verdicts.location,
    count_verdicts.bin,
    count_verdicts.sku,
    count_verdicts.abc,
    count_verdicts.book_units,
    count_verdicts.counted_units,
    count_verdicts.variance_units,
    cast(
        count_verdicts.variance_units * coalesce(reorder_supply.own_cost, current_costs.own_cost) as decimal(18, 2)
    ) as variance_amount,
    run.currency,
    count_verdicts.tolerance,
    count_verdicts.is_within_tolerance as within_tolerance,
    count_verdicts.is_recount,
    count_verdicts.is_recount_due as recount_due,
    count_verdicts.recount_due_date,
    count_verdicts.adjustment_units,
    concat_ws(
        '; ',
        count_verdicts.reason,
        case
            when variance_amount is null and count_verdicts.variance_units is not null
                then 'what a unit costs is not known'
        end
    ) as reason,
    count_verdicts.counted_date,
    count_verdicts.counted_at,
    getvariable('rule_version') as rule_version,
    count_verdicts.source_file_id
from ops.count_verdicts
left join ops.reorder_supply using (sku)
left join ops.current_costs using (sku)
cross join settings.run;

comment on column marts.cycle_count_results.abc is 'Class by value sold; null where it was never sold: it is counted as class C';
comment on column marts.cycle_count_results.variance_amount is 'The difference at what the supplier taken tonight charges, else at the cost that is known; null where none is';
comment on column marts.cycle_count_results.reason is 'Why it is adjusted, counted again or left as it is';
