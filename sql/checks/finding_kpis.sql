-- Numbers that drift: one question to their owner, which stays the same until the drift ends. One that meets its target
-- is no question, unless it has none. What the figure of that day goes without is said with it.
-- grain:  one row per KPI
-- keys:   type, subject_kind, subject_id
-- inputs: marts.kpi_control, marts.kpi_daily, settings.sops, settings.kpis

create or replace table checks.finding_kpis as
select
    'kpi_drift' as type,
    'kpi' as subject_kind,
    control.kpi as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    concat(
        control.title, ' left its usual range on ', control.since_date, ', when it was ',
        case kpis.unit
            when 'rate' then concat(round(began.value * 100, 1), ' %') else
                concat(round(began.value, 1), ' ', kpis.unit)
        end,
        '. ', nullif(regexp_replace(began.reason, '^no target is set(; )?', ''), '') || '. ',
        'What does the page say of it, and is it still right? ', sops.link
    ) as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from marts.kpi_control as control
inner join settings.kpis as kpis using (kpi)
inner join marts.kpi_daily as began
    on control.kpi = began.kpi and control.since_date = began.business_date and began.channel = 'all'
left join settings.sops as sops on control.sop = sops.sop
where control.status = 'drifting' and (control.kpi_status <> 'ok' or kpis.target is null);
