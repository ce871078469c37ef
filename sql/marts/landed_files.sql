-- What became of every file that landed; every line of an accepted one is accounted for.
-- rows_read = rows_accepted + rows_quarantined + rows_non_data. A line that waits for its partner is quarantined.
-- grain:  one row per landed file
-- keys:   shop, file_id
-- inputs: landing.files, ops.quarantined_lines, settings.channels, settings.run

create or replace table marts.landed_files as
with

quarantined as (
    select
        file_id,
        count(*) as lines
    from ops.quarantined_lines
    group by file_id
),

only_channels as (
    select
        platform,
        min(channel) as channel
    from settings.channels
    group by platform
    having count(*) = 1
),

counted as (
    select
        files.*,
        case
            when files.status = 'accepted' or files.code = 'no_row_accepted' then coalesce(quarantined.lines, 0) else 0
        end as lines_quarantined
    from landing.files
    left join quarantined using (file_id)
)

select
    run.shop,
    counted.file_id,
    counted.report,
    only_channels.channel,
    counted.platform,
    counted.name,
    counted.address,
    counted.sha256,
    counted.bytes,
    counted.received_at,
    counted.exported_at,
    counted.rows_read,
    counted.rows_read - counted.rows_non_data - counted.lines_quarantined as rows_accepted,
    counted.lines_quarantined as rows_quarantined,
    counted.rows_non_data,
    counted.status,
    counted.code,
    counted.reason,
    counted.reading,
    counted.completeness,
    counted.controls,
    counted.warnings,
    counted.export_version as rule_version
from counted
cross join settings.run
left join only_channels using (platform);

comment on column marts.landed_files.report is 'Report it was recognised as; empty where as none';
comment on column marts.landed_files.channel is 'Channel, where the platform has only one; null where the rows state it';
comment on column marts.landed_files.name is 'Name of the file';
comment on column marts.landed_files.status is 'accepted, rejected or duplicate';
comment on column marts.landed_files.reason is 'Reason for people, and how to fix it; empty where accepted';
comment on column marts.landed_files.rule_version is 'Version of the reader and mapping that took it';
