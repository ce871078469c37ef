-- Whether each counted record agrees with the book: within the tolerance of its class, and what follows where not.
-- A record beyond its tolerance is counted again once, and the second count settles it. Differences are never netted: a
-- unit too many in one bin does not make up for one too few in another.
-- grain:  one row per count record
-- keeps:  core.count_records by count_record_id; same counted_units; units counted_units
-- keys:   count_record_id
-- inputs: core.count_records, ops.sku_classes, settings.count_classes, settings.counting

create or replace table ops.count_verdicts as
with

judged as (
    select
        count_records.*,
        sku_classes.abc,
        count_records.counted_units - count_records.book_units as variance_units,
        cast(count_records.book_units * count_classes.tolerance_percent / 100 as decimal(18, 2)) as tolerance,
        abs(variance_units) <= tolerance as is_within_tolerance
    from core.count_records
    left join ops.sku_classes using (sku)
    -- What was never sold sells least.
    left join settings.count_classes on count_classes.abc = coalesce(sku_classes.abc, 'C')
),

-- A later count of the same bin, or of the whole place, takes the place of an earlier one; one without a book figure
-- settles nothing.
followed as (
    select
        earlier.count_record_id,
        min(later.counted_date) as recounted_date
    from judged as earlier
    inner join judged as later
        on
            earlier.location = later.location
            and earlier.sku = later.sku
            and earlier.counted_at < later.counted_at
            and later.book_units is not null
            and (later.bin is null or earlier.bin is not distinct from later.bin)
    group by earlier.count_record_id
),

recounts as (
    select distinct later.count_record_id
    from judged as earlier
    cross join settings.counting
    inner join judged as later
        on
            earlier.location = later.location
            and earlier.sku = later.sku
            and earlier.counted_at < later.counted_at
            and (later.bin is null or earlier.bin is not distinct from later.bin)
            and later.counted_date <= earlier.counted_date + cast(counting.recount_days as integer)
    where not earlier.is_within_tolerance
)

select
    judged.count_record_id,
    judged.count_id,
    judged.location,
    judged.bin,
    judged.sku,
    judged.abc,
    judged.book_units,
    judged.counted_units,
    judged.variance_units,
    judged.tolerance,
    judged.is_within_tolerance,
    judged.counted_at,
    judged.counted_date,
    followed.count_record_id is null as is_newest,
    recounts.count_record_id is not null as is_recount,
    case
        when judged.is_within_tolerance is not null
            then not judged.is_within_tolerance and not is_recount and is_newest
    end as is_recount_due,
    case when is_recount_due then judged.counted_date + cast(counting.recount_days as integer) end
        as recount_due_date,
    case when is_newest and judged.variance_units != 0 and not is_recount_due then judged.variance_units end
        as adjustment_units,
    case
        when judged.book_units is null then 'the sheet states no book figure: nothing to compare with'
        when judged.variance_units = 0 then 'the count agrees with the book'
        when not is_newest then 'counted again on ' || followed.recounted_date
        when is_recount_due then 'beyond the tolerance: count it again before anything is adjusted'
        when is_recount then 'a second count found a difference again: adjust the book to it'
        else 'within the tolerance: adjust the book to the count'
    end as reason,
    judged.source_file_id
from judged
cross join settings.counting
left join followed on judged.count_record_id = followed.count_record_id
left join recounts on judged.count_record_id = recounts.count_record_id;

comment on column ops.count_verdicts.reason is 'Why it is adjusted, counted again or left as it is';
comment on column ops.count_verdicts.abc is 'Class by value sold; null where it was never sold: it is counted as class C';
