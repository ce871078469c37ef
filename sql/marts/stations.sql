-- The twelve stations: what each carries, and whether it is a system that runs without its founder.
-- It is one with a complete page, an owner, a deputy who is somebody else, and a number whose reports come. The page is
-- the one that has the station's name, the number that page's own.
-- grain:  one row per station
-- keys:   shop, station
-- inputs: ops.missing_inputs, settings.kpis, settings.people, settings.run, settings.sops, settings.stations

create or replace table marts.stations as
with parts as (
    select
        stations.*,
        pages.sop,
        pages.link,
        people.owner,
        people.deputy,
        pages.role,
        pages.metric,
        coalesce(pages.is_complete, false) as has_page,
        people.owner is not null as has_owner,
        coalesce(people.deputy <> people.owner, false) as has_deputy,
        kpis.kpi is not null and not coalesce(missing_inputs.is_missing, false) as is_measured,
        concat_ws(
            '; ',
            case when pages.sop is null then 'no page' when not pages.is_complete then 'its page is not complete' end,
            case when people.owner is null then 'nobody has its role' end,
            case
                when people.deputy is null then 'nobody answers while its owner is away'
                when people.deputy = people.owner then 'its owner is their own deputy'
            end,
            case
                when kpis.kpi is null then 'no number'
                when missing_inputs.is_missing then missing_inputs.reason
            end
        ) as lacks
    from settings.stations
    left join settings.sops as pages on stations.station = pages.sop
    left join settings.people on pages.role = people.role
    left join settings.kpis on pages.metric = kpis.kpi
    left join ops.missing_inputs on kpis.kpi = missing_inputs.kpi and missing_inputs.channel = 'all'
)

select
    run.shop,
    run.business_date as as_of,
    parts.station,
    parts.priority as station_no,
    parts.title,
    parts.area,
    parts.fundamentals,
    parts.business_flows,
    parts.sop,
    parts.link,
    parts.owner,
    parts.deputy,
    parts.role,
    parts.metric,
    parts.has_page,
    parts.has_owner,
    parts.has_deputy,
    parts.is_measured,
    parts.has_page and parts.has_owner and parts.has_deputy and parts.is_measured as is_systemised,
    nullif(parts.lacks, '') as reason,
    getvariable('rule_version') as rule_version
from parts
cross join settings.run;

comment on column marts.stations.reason is 'What it lacks; null where nothing';
