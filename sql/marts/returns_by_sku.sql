-- What came back of each SKU, by the month in which it came and by the month in which it was ordered.
-- The period holds what came back in the month next to what left in it; the cohort what was ordered in the month, has
-- left, and came back by now. A unit left on the day that a file says, else on the day of its order (`undated_units`).
-- restocked + quarantined + scrapped + pending = returned_units. What comes back to a channel is known by its own reports
-- of returns, or by a warehouse's; of what only others sold in the month it is null (`reported_units` says of how much),
-- and of what both sold the rates are of the reported units.
-- grain:  one row per SKU × month
-- keeps:  core.returns by sku, strftime(returned_date, '%Y-%m') = month; sum returned_units; units returned_units;
--   leaves nothing_came where returned_units = 0
-- keeps:  ops.shipped_goods by sku, strftime(coalesce(left_date, business_date), '%Y-%m') = month; sum shipped_units;
--   units shipped_units
-- needs:  returns, orders, shipments, sku_map
-- keys:   shop, sku, month
-- inputs: core.returns, ops.shipped_goods, ops.report_presence, settings.run

create or replace table marts.returns_by_sku as
with

-- Nothing reported is not nothing returned.
goods as (
    select
        shipped_goods.*,
        case when report_presence.has_returns then shipped_goods.shipped_units else 0 end as reported_units
    from ops.shipped_goods
    left join ops.report_presence using (channel)
),

shipped_months as (
    select
        sku,
        strftime(coalesce(left_date, business_date), '%Y-%m') as month,
        sum(shipped_units) as shipped_units,
        sum(shipped_units) filter (where left_date is null) as undated_units,
        sum(reported_units) as reported_units
    from goods
    group by sku, month
),

cohorts as (
    select
        sku,
        strftime(business_date, '%Y-%m') as month,
        sum(shipped_units) as cohort_shipped_units,
        sum(reported_units) as cohort_reported_units,
        sum(returned_units) as cohort_returned_units
    from goods
    group by sku, month
),

returned as (
    select
        sku,
        strftime(returned_date, '%Y-%m') as month,
        sum(returned_units) as returned_units,
        sum(returned_units) filter (where disposition = 'restocked') as restocked,
        sum(returned_units) filter (where disposition = 'quarantined') as quarantined,
        sum(returned_units) filter (where disposition = 'scrapped') as scrapped,
        sum(returned_units) filter (where disposition = 'pending') as pending
    from core.returns
    where returned_units > 0
    group by sku, month
),

reason_units as (
    select
        sku,
        strftime(returned_date, '%Y-%m') as month,
        coalesce(reason, 'not stated') as reason,
        sum(returned_units) as units
    from core.returns
    where returned_units > 0
    group by sku, month, coalesce(reason, 'not stated')
),

reasons as (
    select
        sku,
        month,
        arg_max(reason, (units, reason)) filter (where reason <> 'not stated') as top_reason,
        string_agg(reason || ' ' || units, ', ' order by units desc, reason asc) as reasons
    from reason_units
    group by sku, month
),

months as (
    select
        sku,
        month
    from shipped_months
    union
    select
        sku,
        month
    from cohorts
    union
    select
        sku,
        month
    from returned
),

known as (
    select
        months.sku,
        months.month,
        greatest(shipped_months.reported_units, cohorts.cohort_reported_units) > 0 or returned.sku is not null
            as has_returns,
        coalesce(cohorts.cohort_reported_units > 0, has_returns) as has_cohort
    from months
    left join shipped_months using (sku, month)
    left join cohorts using (sku, month)
    left join returned using (sku, month)
)

select
    run.shop,
    run.business_date as as_of,
    months.sku,
    months.month,
    cast(coalesce(shipped_months.shipped_units, 0) as bigint) as shipped_units,
    cast(coalesce(shipped_months.undated_units, 0) as bigint) as undated_units,
    cast(coalesce(shipped_months.reported_units, 0) as bigint) as reported_units,
    cast(if(known.has_returns, coalesce(returned.returned_units, 0), null) as bigint) as returned_units,
    -- More than left is no share: of a month in which little left, or nothing.
    cast(
        case
            when known.has_returns and coalesce(returned.returned_units, 0) <= shipped_months.reported_units
                then coalesce(returned.returned_units, 0) / nullif(shipped_months.reported_units, 0)
        end as decimal(9, 6)
    ) as return_rate,
    cast(coalesce(cohorts.cohort_shipped_units, 0) as bigint) as cohort_shipped_units,
    cast(coalesce(cohorts.cohort_reported_units, 0) as bigint) as cohort_reported_units,
    cast(if(known.has_cohort, coalesce(cohorts.cohort_returned_units, 0), null) as bigint) as cohort_returned_units,
    cast(
        if(known.has_cohort, cohorts.cohort_returned_units / nullif(cohorts.cohort_reported_units, 0), null)
        as decimal(9, 6)
    ) as cohort_return_rate,
    cast(
        if(known.has_cohort, wilson_lower_of(cohorts.cohort_returned_units, cohorts.cohort_reported_units), null)
        as decimal(9, 6)
    ) as wilson_lower,
    reasons.top_reason,
    reasons.reasons,
    cast(if(known.has_returns, coalesce(returned.restocked, 0), null) as bigint) as restocked,
    cast(if(known.has_returns, coalesce(returned.quarantined, 0), null) as bigint) as quarantined,
    cast(if(known.has_returns, coalesce(returned.scrapped, 0), null) as bigint) as scrapped,
    cast(if(known.has_returns, coalesce(returned.pending, 0), null) as bigint) as pending,
    getvariable('rule_version') as rule_version
from months
left join shipped_months using (sku, month)
left join cohorts using (sku, month)
left join returned using (sku, month)
left join reasons using (sku, month)
left join known using (sku, month)
cross join settings.run;

comment on column marts.returns_by_sku.returned_units is 'Units that came back in the month; null where no report of returns came of what sold it';
