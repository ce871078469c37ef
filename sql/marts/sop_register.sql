-- Every SOP: whose it is, when it was reviewed, and whether it is fit to work by.
-- The first that fits: incomplete, failed (a number it answers for failed and nobody reviewed the page since), overdue
-- (or its emergency was not practised in time), due (soon, or a review was asked for), ok. The next review is the
-- earliest that is asked for.
-- grain:  one row per SOP
-- keys:   shop, sop
-- inputs: settings.sops, settings.people, settings.kpis, settings.run, ledger.sop_reviews

create or replace table marts.sop_register as
with

reviews as (
    select
        sop,
        max(review_date) as review_date,
        count(*) filter (state = 'open' and cause not like 'cadence/%') as failed_count,
        count(*) filter (state = 'open' and cause not like 'cadence/%' and opened_at < run.as_of) as known_failed_count,
        count(*) filter (state = 'open') as open_count,
        cast(min(due_at) filter (state = 'open') as date) as open_due_date,
        string_agg(reason, '; ' order by opened_at, cause) filter (state = 'open') as open_reasons
    from ledger.sop_reviews
    cross join settings.run
    group by sop
),

pages as (
    select
        sops.*,
        people.owner,
        people.deputy,
        kpis.kpi is not null as is_measured,
        greatest(sops.last_review_date, reviews.review_date) as reviewed_date,
        coalesce(reviews.failed_count, 0) as failed_count,
        coalesce(reviews.known_failed_count, 0) as known_failed_count,
        coalesce(reviews.open_count, 0) as open_count,
        reviews.open_due_date,
        reviews.open_reasons,
        run.shop,
        run.business_date
    from settings.sops
    cross join settings.run
    left join settings.people on sops.role = people.role
    left join settings.kpis on sops.metric = kpis.kpi
    left join reviews on sops.sop = reviews.sop
),

planned as (
    select
        *,
        least(reviewed_date + cast(cadence_days as integer), open_due_date) as next_review_date,
        last_drill_date + cast(drill_days as integer) as next_drill_date,
        coalesce(drill_days is not null and (next_drill_date is null or next_drill_date < business_date), false)
            as is_drill_overdue,
        is_complete and owner is not null and is_measured as has_everything,
        coalesce(next_review_date < business_date, true) or is_drill_overdue as is_overdue
    from pages
)

select
    shop,
    business_date as as_of,
    sop,
    station,
    title,
    owner,
    deputy,
    role,
    tier,
    metric,
    cadence_days,
    reviewed_date as last_review_date,
    next_review_date,
    case
        when not has_everything then 'incomplete'
        when failed_count > 0 then 'failed'
        when is_overdue then 'overdue'
        when open_count > 0 or next_review_date <= business_date + sop_due_days() then 'due'
        else 'ok'
    end as status,
    concat_ws(
        '; ',
        case when not is_complete then 'the page lacks a section or is longer than a page' end,
        case when owner is null then 'nobody has the role ' || role end,
        case when not is_measured then 'no KPI is called ' || coalesce(metric, 'nothing') end,
        case
            when is_drill_overdue
                then 'its emergency was last practised ' || coalesce(cast(last_drill_date as varchar), 'never')
        end,
        open_reasons,
        'last reviewed ' || coalesce(cast(reviewed_date as varchar), 'never') || ', next by '
        || coalesce(cast(next_review_date as varchar), 'now')
    ) as reason,
    link,
    -- What tonight's own verdicts opened counts from the next night on: no night judges its own judgement.
    has_everything and known_failed_count = 0 and not is_overdue as was_current,
    has_everything as complete,
    words,
    version as page_version,
    last_drill_date,
    next_drill_date,
    video,
    getvariable('rule_version') as rule_version
from planned;

comment on column marts.sop_register.sop is 'SOP, by the name of its page';
comment on column marts.sop_register.owner is 'Who answers for it; null where nobody has the role';
comment on column marts.sop_register.status is 'incomplete, failed, overdue, due or ok: the first that fits';
comment on column marts.sop_register.reason is 'Why';
