-- SKUs that come back too often: usually the listing or the goods are wrong, and the catalog owner looks.
-- Judged on what was ordered in the newest months that have left by now, of channels of which returns are reported, by the lower bound of the share and from a
-- minimum of units on, so that two returns of five units are no verdict, nor is one of one.
-- grain:  one row per SKU
-- keys:   type, subject_kind, subject_id
-- inputs: marts.returns_by_sku

create or replace table checks.finding_returned as
with

recent as (
    select
        sku,
        sum(cohort_returned_units) as returned_units,
        sum(cohort_reported_units) as shipped_units,
        string_agg(distinct top_reason, ', ' order by top_reason) as reasons
    from marts.returns_by_sku
    where month >= strftime(as_of - to_months(high_return_months()), '%Y-%m') and sku is not null
    group by sku
),

judged as (
    select
        *,
        cast(wilson_lower_of(returned_units, shipped_units) as decimal(9, 6)) as lower_rate
    from recent
)

select
    'high_return_sku' as type,
    'sku' as subject_kind,
    sku as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    concat_ws(
        '; ',
        returned_units || ' of ' || shipped_units || ' units came back',
        'most often: ' || reasons
    ) as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from judged
where shipped_units >= high_return_units() and lower_rate > high_return_rate();
