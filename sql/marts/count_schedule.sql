-- When each SKU of a counted location is to be counted next, and what is overdue.
-- The class decides how often; a record beyond its tolerance is due again at once. What was never counted is due as if
-- it had been counted when it was first known there, or when counts of the location began. Before that nothing is due.
-- grain:  one row per SKU × counted location
-- needs:  all orders, all sibling_orders, sku_map, bundles, stock, stock_counts, stock_history
-- keys:   shop, location, sku
-- inputs: core.stock_levels, core.stock_history, core.bundles, core.count_records, ops.count_verdicts, ops.sku_classes,
--   settings.count_classes, settings.counting, settings.locations, settings.people, settings.run

create or replace table marts.count_schedule as
with

shelves as (
    select
        stock_levels.sku,
        stock_levels.location,
        cast(timezone(run.timezone, stock_levels.snapshot_at) as date) as stated_date
    from core.stock_levels
    inner join settings.locations on stock_levels.location = locations.location and locations.is_counted
    anti join core.bundles on stock_levels.sku = bundles.bundle_sku
    cross join settings.run
),

first_known as (
    select
        sku,
        location,
        min(history_date) as known_date
    from core.stock_history
    group by sku, location
),

begun as (
    select
        location,
        min(counted_date) as begun_date
    from core.count_records
    group by location
),

counted as (
    select
        sku,
        location,
        max(counted_date) as last_counted_date,
        min(recount_due_date) as recount_due_date
    from ops.count_verdicts
    group by sku, location
),

due as (
    select
        shelves.sku,
        shelves.location,
        sku_classes.abc,
        coalesce(sku_classes.abc, 'C') as counted_as,
        count_classes.every_days,
        counted.last_counted_date,
        counted.recount_due_date,
        begun.begun_date,
        coalesce(
            counted.last_counted_date,
            greatest(coalesce(first_known.known_date, shelves.stated_date), begun.begun_date)
        ) as since_date
    from shelves
    left join ops.sku_classes using (sku)
    left join settings.count_classes on count_classes.abc = coalesce(sku_classes.abc, 'C')
    left join first_known using (sku, location)
    left join begun using (location)
    left join counted using (sku, location)
)

select
    run.shop,
    run.business_date as as_of,
    due.location,
    due.sku,
    due.abc as class,
    due.every_days,
    due.last_counted_date,
    case
        when due.begun_date is not null
            then least(
                due.recount_due_date, due.since_date + cast(due.every_days as integer)
            )
    end as due_date,
    due_date < run.business_date as overdue,
    due.recount_due_date is not null as recount_due,
    people.owner,
    case
        when due.recount_due_date is not null then 'beyond its tolerance at the last count: count it again'
        when due.begun_date is null then 'no count of this location ever came: bring the first sheet back'
        when due.last_counted_date is null
            then 'never counted: due ' || due.every_days || ' days after ' || due.since_date
        else 'class ' || due.counted_as || ' is counted every ' || due.every_days || ' days'
    end || if(due.abc is null, '; never sold: counted as class C', '') as reason,
    getvariable('rule_version') as rule_version
from due
cross join settings.run
cross join settings.counting
left join settings.people using (role);

comment on column marts.count_schedule.class is 'ABC class by value sold; null where it was never sold';
comment on column marts.count_schedule.due_date is 'Day by which it is to be counted; null until counts of the location began';
comment on column marts.count_schedule.overdue is 'Whether that day has passed; null where there is none';
comment on column marts.count_schedule.owner is 'Who counts';
