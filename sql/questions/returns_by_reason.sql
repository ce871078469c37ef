-- title:   Why do goods come back?
-- answers: Returned units by reason and month, with the SKU that has most of them.
-- months:  months that are shown, newest first
with stated as (
    select
        month,
        sku,
        unnest(string_split(reasons, ', ')) as part
    from returns_by_sku
    where returned_units > 0
),

counted as (
    select
        month,
        sku,
        cast(regexp_extract(part, '^(.*) (\d+)$', 2) as bigint) as units,
        regexp_extract(part, '^(.*) (\d+)$', 1) as reason
    from stated
)

select
    month,
    reason,
    cast(sum(units) / sum(sum(units)) over (partition by month) as decimal(18, 6)) as share_of_month,
    sum(units) as returned_units,
    arg_max(sku, (units, sku)) as most_of_sku
from counted
group by month, reason
qualify dense_rank() over (order by month desc) <= cast(coalesce(getvariable('months'), '3') as integer)
order by month desc, returned_units desc, reason asc;
