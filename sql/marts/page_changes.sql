-- What a change of a page did: its numbers over the days before it and the days since, within the shop's window.
-- A page is changed where its review says so. A ratio is divided again over all days of a side; a number that is no ratio
-- of a day's cases has no sum, and its reason says so.
-- grain:  one row per change of a page × KPI of the page
-- keys:   shop, sop, changed_date, kpi
-- inputs: ledger.sop_reviews, marts.kpi_daily, settings.kpis, settings.run

create or replace table marts.page_changes as
with

changed as (
    select
        sop,
        review_date as changed_date,
        string_agg(distinct reviewed_by, ', ' order by reviewed_by) as changed_by,
        string_agg(distinct notes, '; ' order by notes) as notes
    from ledger.sop_reviews
    where state = 'closed' and outcome = 'changed'
    group by sop, review_date
),

days as (
    select
        kpi,
        business_date,
        numerator,
        denominator
    from marts.kpi_daily
    where channel = 'all' and numerator is not null and denominator > 0
),

compared as (
    select
        changed.sop,
        changed.changed_date,
        changed.changed_by,
        changed.notes,
        kpis.kpi,
        kpis.unit,
        kpis.direction,
        kpis.judged,
        cast(
            cast(sum(days.numerator) filter (where days.business_date < changed.changed_date) as decimal(38, 6))
            / sum(days.denominator) filter (where days.business_date < changed.changed_date) as decimal(18, 6)
        ) as before_value,
        count(*) filter (where days.business_date < changed.changed_date) as before_days,
        cast(
            cast(sum(days.numerator) filter (where days.business_date > changed.changed_date) as decimal(38, 6))
            / sum(days.denominator) filter (where days.business_date > changed.changed_date) as decimal(18, 6)
        ) as after_value,
        count(*) filter (where days.business_date > changed.changed_date) as after_days
    from changed
    inner join settings.kpis on changed.sop = kpis.sop
    left join days on kpis.kpi = days.kpi
    group by
        changed.sop, changed.changed_date, changed.changed_by, changed.notes, kpis.kpi, kpis.unit, kpis.direction,
        kpis.judged
)

select
    run.shop,
    compared.sop,
    compared.changed_date,
    compared.changed_by,
    compared.notes,
    compared.kpi,
    compared.unit,
    compared.direction,
    if(compared.judged = 'day', compared.before_value, null) as before_value,
    compared.before_days,
    if(compared.judged = 'day', compared.after_value, null) as after_value,
    compared.after_days,
    case
        when compared.judged = 'now' then 'it is the state of a moment: compare kpi_weekly'
        when compared.before_days + compared.after_days = 0
            then 'no ratio of closed days to add up: compare kpi_weekly'
        when compared.before_days = 0 then 'no day with a case before it'
        when compared.after_days = 0 then 'no day with a case since'
    end as reason,
    getvariable('rule_version') as rule_version
from compared
cross join settings.run;

comment on column marts.page_changes.reason is 'Why the two sides cannot be compared; null where they can';
