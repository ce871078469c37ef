-- Of each mart and each KPI the reports that it is made of, with the newest file of each: from a figure to its files.
-- A report that is not there has no row (marts.requirements_coverage says what is missing).
-- grain:  one row per figure × report that came
-- keys:   shop, kind, figure, report
-- inputs: landing.files, settings.export_tables, settings.exports, settings.figure_tables, settings.run

create or replace table marts.figure_sources as
with

made_of as (
    select
        figure_tables.kind,
        figure_tables.figure,
        export_tables.report,
        string_agg(distinct figure_tables.loaded_table, ', ' order by figure_tables.loaded_table) as loaded_tables
    from settings.figure_tables
    inner join settings.export_tables using (loaded_table)
    group by figure_tables.kind, figure_tables.figure, export_tables.report
),

newest as (
    select
        report,
        count(*) as files,
        arg_max(file_id, (exported_at, name, file_id)) as file_id,
        arg_max(name, (exported_at, name, file_id)) as name,
        max(exported_at) as exported_at,
        arg_max(received_at, (exported_at, name, file_id)) as received_at
    from landing.files
    where status = 'accepted'
    group by report
)

select
    run.shop,
    run.business_date as as_of,
    made_of.kind,
    made_of.figure,
    made_of.report,
    exports.title,
    made_of.loaded_tables,
    newest.files,
    newest.name,
    newest.exported_at,
    newest.received_at,
    cast(date_diff('minute', newest.exported_at, run.as_of) / 60.0 as decimal(18, 2)) as age_hours,
    getvariable('rule_version') as rule_version,
    newest.file_id as source_file_id
from made_of
inner join newest using (report)
inner join settings.exports using (report)
cross join settings.run;

comment on column marts.figure_sources.kind is 'mart or kpi';
comment on column marts.figure_sources.title is 'Title of the report';
comment on column marts.figure_sources.name is 'Name of its newest file';
comment on column marts.figure_sources.age_hours is 'Since its newest file was true';
comment on column marts.figure_sources.figure is 'Name of the mart or of the KPI';
