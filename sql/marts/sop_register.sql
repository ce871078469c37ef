-- Every SOP, when it is due, and why.
-- grain:  one row per SOP
-- keys:   shop, sop
-- inputs: settings.sops, settings.people, settings.run, ledger.sop_reviews

create or replace table marts.sop_register as
with

reviews as (
    select
        sop,
        max(review_date) as review_date,
        count(*) filter (state = 'open') as open_reviews,
        min(reason) filter (state = 'open') as open_reason
    from ledger.sop_reviews
    group by sop
),

dated as (
    select
        run.shop,
        run.business_date as as_of,
        sops.sop,
        sops.station,
        sops.title,
        people.owner,
        people.deputy,
        sops.tier,
        sops.metric,
        greatest(sops.last_review_date, coalesce(reviews.review_date, sops.last_review_date)) as last_review_date,
        sops.cadence_days,
        coalesce(reviews.open_reviews, 0) as open_reviews,
        reviews.open_reason,
        sops.link,
        sops.is_complete
    from settings.sops
    cross join settings.run
    left join settings.people using (role)
    left join reviews using (sop)
)

select
    shop,
    as_of,
    sop,
    station,
    title,
    owner,
    deputy,
    tier,
    metric,
    last_review_date,
    last_review_date + cast(cadence_days as integer) as next_review_date,
    case
        when not is_complete then 'incomplete'
        when open_reviews > 0 then 'failed'
        when last_review_date + cast(cadence_days as integer) < as_of then 'overdue'
        when last_review_date + cast(cadence_days as integer) < as_of + 14 then 'due'
        else 'ok'
    end as status,
    case
        when not is_complete then 'a section is missing, or it is longer than a page'
        when open_reviews > 0 then open_reason
        else 'reviewed ' || last_review_date || ', every ' || cadence_days || ' days'
    end as reason,
    link,
    is_complete as complete
from dated;

comment on table marts.sop_register is 'Every SOP, when it is due, and why.';
comment on column marts.sop_register.shop is 'Shop';
comment on column marts.sop_register.as_of is 'Business date of the state';
comment on column marts.sop_register.sop is 'Name of the page';
comment on column marts.sop_register.station is 'Station';
comment on column marts.sop_register.title is 'Title';
comment on column marts.sop_register.owner is 'Whose page it is';
comment on column marts.sop_register.deputy is 'Who stands in';
comment on column marts.sop_register.tier is 'Tier';
comment on column marts.sop_register.metric is 'KPI that shows whether it works';
comment on column marts.sop_register.last_review_date is 'Day it was last reviewed';
comment on column marts.sop_register.next_review_date is 'Day by which it is reviewed again';
comment on column marts.sop_register.status is 'ok, due, overdue, failed or incomplete';
comment on column marts.sop_register.reason is 'Why';
comment on column marts.sop_register.link is 'Where the page is';
comment on column marts.sop_register.complete is 'It has all its sections and fits a page';
