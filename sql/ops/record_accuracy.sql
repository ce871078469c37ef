-- Record accuracy of each counted location, of its classes and of each SKU: records within tolerance ÷ records counted.
-- Over the days of the shop's window. A record without a book figure is not judged; units of error are absolute, never
-- netted. What was not counted has no row.
-- grain:  one row per location × scope × subject
-- keys:   location, scope, subject
-- inputs: ops.count_verdicts, settings.counting, settings.run

create or replace table ops.record_accuracy as
with

judged as (
    select
        count_verdicts.*,
        coalesce(count_verdicts.abc, 'C') as counted_as
    from ops.count_verdicts
    cross join settings.run
    cross join settings.counting
    where
        count_verdicts.is_within_tolerance is not null
        and count_verdicts.counted_date >= run.business_date - cast(counting.window_days as integer)
)

select
    judged.location,
    case
        when grouping(judged.sku) = 0 then 'sku'
        when grouping(judged.counted_as) = 0 then 'class'
        else 'location'
    end as scope,
    coalesce(judged.sku, judged.counted_as, judged.location) as subject,
    count(*) as record_count,
    count(*) filter (where judged.is_within_tolerance) as accurate_count,
    cast(count(*) filter (where judged.is_within_tolerance) / count(*) as decimal(9, 6)) as accuracy_rate,
    cast(sum(judged.book_units) as bigint) as book_units,
    cast(sum(abs(judged.variance_units)) as bigint) as error_units,
    cast(coalesce(sum(-judged.variance_units) filter (where judged.variance_units < 0), 0) as bigint) as missing_units,
    max(judged.counted_date) as last_counted_date
from judged
group by grouping sets (
    (judged.location), (judged.location, judged.counted_as), (judged.location, judged.sku)
);

comment on column ops.record_accuracy.scope is 'sku, class or location';
comment on column ops.record_accuracy.subject is 'The SKU, the class or the location';
comment on column ops.record_accuracy.book_units is 'Units that the book said, of the judged records';
comment on column ops.record_accuracy.missing_units is 'Units that the book said and nobody found';
