-- Counts that are late, records that must be counted again or adjusted, and classes whose records cannot be trusted.
-- grain:  one row per type × location × class or day of the count
-- keys:   type, subject_kind, subject_id
-- inputs: marts.count_schedule, marts.cycle_count_results, ops.record_accuracy, settings.counting

create or replace table checks.finding_counts as
with

overdue as (
    select
        location,
        coalesce(class, 'C') as counted_as,
        count(*) as sku_count,
        count(*) filter (where overdue) as overdue_count,
        min(due_date) filter (where overdue) as oldest_date,
        list(sku order by due_date, sku) filter (where overdue) as skus
    from marts.count_schedule
    group by all
    having count(*) filter (where overdue) > 0
),

recounts as (
    select
        location || '/' || counted_date as subject_id,
        counted(count(*), 'record') || ' beyond tolerance and counted once: '
        || named_list(list(record_words(sku, bin, counted_units, book_units) order by abs(variance_units) desc, sku))
        || cost_gap(count(*), count(variance_amount)) as evidence,
        cast(sum(abs(variance_amount)) as decimal(18, 2)) as amount_at_stake,
        min(currency) as currency
    from marts.cycle_count_results
    where recount_due
    group by location, counted_date
),

adjustments as (
    select
        location || '/' || counted_date as subject_id,
        counted(count(*), 'record') || ' counted otherwise than the book says: '
        || named_list(list(record_words(sku, bin, counted_units, book_units) order by abs(variance_units) desc, sku))
        || cost_gap(count(*), count(variance_amount)) as evidence,
        cast(sum(abs(variance_amount)) as decimal(18, 2)) as amount_at_stake,
        min(currency) as currency
    from marts.cycle_count_results
    where adjustment_units is not null
    group by location, counted_date
)

select
    'count_overdue' as type,
    'count' as subject_kind,
    location || '/' || counted_as as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    overdue_count || ' of ' || sku_count || ' SKUs of class ' || counted_as || ' at ' || location
    || ' are not counted in time, the oldest since ' || oldest_date || ': ' || named_list(skus) as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from overdue
union all
select
    'recount_due' as type,
    'count' as subject_kind,
    subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    evidence,
    amount_at_stake,
    currency
from recounts
union all
select
    'count_adjustment' as type,
    'count' as subject_kind,
    subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    evidence,
    amount_at_stake,
    currency
from adjustments
union all
select
    'count_accuracy_low' as type,
    'count' as subject_kind,
    record_accuracy.location || '/' || record_accuracy.subject as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    record_accuracy.accurate_count || ' of ' || record_accuracy.record_count || ' records of class '
    || record_accuracy.subject || ' at ' || record_accuracy.location || ' were right: '
    || round(100 * record_accuracy.accuracy_rate, 1) || ' %, the standard is '
    || round(100 * counting.accuracy_rate, 1) || ' %; ' || record_accuracy.error_units || ' units differ, '
    || record_accuracy.missing_units || ' of them missing' as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from ops.record_accuracy
cross join settings.counting
where
    record_accuracy.scope = 'class'
    and record_accuracy.record_count >= counting.minimum_records
    and record_accuracy.accuracy_rate < counting.accuracy_rate;
