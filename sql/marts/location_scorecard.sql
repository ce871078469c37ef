-- How each location kept what it has signed, by month: dispatch in time, hours to dispatch, numbers to track, the
-- packing table, record accuracy. A figure is shown for every location, and judged where the shop file states a standard
-- and the month is over.
-- grain:  one row per month × location × clause
-- needs:  orders, sibling_orders, shipments, sku_map
-- keys:   shop, month, location, clause
-- inputs: ops.fulfilment_orders, ops.parcels, ops.parcel_rules, ops.count_verdicts, settings.sla_clauses, settings.run

create or replace table marts.location_scorecard as
with

measured as (
    select
        strftime(due_date, '%Y-%m') as month,
        location,
        'on_time_ship_rate' as clause,
        cast(count(*) filter (where is_on_time) as decimal(38, 6)) / count(*) as value,
        count(*) as cases
    from ops.fulfilment_orders
    where is_due and is_on_time is not null
    group by strftime(due_date, '%Y-%m'), location
    union all
    select
        strftime(shipped_date, '%Y-%m') as month,
        location,
        'cycle_hours_p50' as clause,
        quantile_cont(cycle_hours, 0.5) as value,
        count(*) as cases
    from ops.fulfilment_orders
    where cycle_hours is not null and not is_scheduled
    group by strftime(shipped_date, '%Y-%m'), location
    union all
    select
        strftime(shipped_date, '%Y-%m') as month,
        location,
        'valid_tracking_rate' as clause,
        cast(count(*) filter (where has_tracking) as decimal(38, 6)) / count(*) as value,
        count(*) as cases
    from ops.parcels
    where not is_amazon and shipped_date is not null
    group by strftime(shipped_date, '%Y-%m'), location
    union all
    select
        strftime(shipped_date, '%Y-%m') as month,
        location,
        'carrier_rule_compliance_rate' as clause,
        cast(count(*) filter (where is_as_ruled) as decimal(38, 6)) / count(*) as value,
        count(*) as cases
    from ops.parcel_rules
    where is_as_ruled is not null and shipped_date is not null
    group by strftime(shipped_date, '%Y-%m'), location
    union all
    select
        strftime(counted_date, '%Y-%m') as month,
        location,
        'record_accuracy_rate' as clause,
        cast(count(*) filter (where is_within_tolerance) as decimal(38, 6)) / count(*) as value,
        count(*) as cases
    from ops.count_verdicts
    where is_within_tolerance is not null
    group by strftime(counted_date, '%Y-%m'), location
)

select
    run.shop,
    measured.month,
    measured.location,
    measured.clause,
    cast(measured.value as decimal(18, 6)) as value,
    cast(measured.cases as bigint) as n,
    clauses.standard,
    case
        when measured.month < strftime(run.business_date, '%Y-%m')
            then
                case
                    when measured.clause = 'cycle_hours_p50' then measured.value <= clauses.standard
                    else measured.value >= clauses.standard
                end
    end as is_met,
    getvariable('rule_version') as rule_version
from measured
cross join settings.run
left join settings.sla_clauses as clauses
    on measured.location = clauses.location and measured.clause = clauses.clause
where measured.location <> '';

comment on column marts.location_scorecard.month is 'Month of the promise, the parcel or the count on the shop''s clock, as `2026-11`';
comment on column marts.location_scorecard.location is 'Where it left from, or was counted';
comment on column marts.location_scorecard.n is 'Orders, parcels or counted records that it is of';
