-- The plan, by the newest file that has it.
-- grain:  one row per ISO week × channel
-- keys:   iso_week, channel
-- inputs: valid.revenue_plan, settings.run

create or replace table core.revenue_plan as
select
    revenue_plan.iso_week,
    revenue_plan.channel,
    revenue_plan.plan_amount,
    run.currency
from valid.revenue_plan
cross join settings.run
qualify row_number() over (
    partition by revenue_plan.iso_week, revenue_plan.channel
    order by revenue_plan.exported_at desc, revenue_plan.file_id desc, revenue_plan.line_no desc
) = 1;

comment on column core.revenue_plan.currency is 'ISO 4217; the shop''s';
