-- The plan, by the newest file that tells.
-- grain:  one row per ISO week × channel
-- keys:   iso_week, channel
-- inputs: valid.revenue_plan

create or replace table core.revenue_plan as
select
    iso_week,
    channel,
    plan_amount
from valid.revenue_plan
qualify row_number() over (
    partition by iso_week, channel order by exported_at desc, file_id desc, line_no desc
) = 1;

comment on table core.revenue_plan is 'The plan, by the newest file that tells.';
comment on column core.revenue_plan.iso_week is 'Like 2026-W47';
comment on column core.revenue_plan.channel is 'Channel by the shop file''s name';
comment on column core.revenue_plan.plan_amount is 'Planned gross sales, in the shop''s currency';
