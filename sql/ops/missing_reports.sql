-- Reports that the shop needs and that never came, and who goes without.
-- A need is met by any report that would do; that of a location, by one with a row of that location; that of listings,
-- by a SKU map only where it maps the channel. Purchase orders are asked for once goods have come that name one.
-- grain:  one row per need × channel × location × report
-- keys:   need, channel, location, report
-- inputs: landing.files, landing.unreferenced, valid.stock_levels, valid.stock_counts, valid.returns, core.sku_map,
--   settings.required_reports, settings.export_tables, ops.report_presence

create or replace table ops.missing_reports as
with

came as (
    select distinct
        report,
        '' as location
    from landing.files
    where status = 'accepted'
    union
    select distinct
        report,
        location
    from valid.stock_levels
    where location is not null
    union
    select distinct
        report,
        location
    from valid.stock_counts
    union
    select distinct
        report,
        location
    from valid.returns
    where location is not null
),

mapped as (
    select distinct channel
    from core.sku_map
),

maps as (
    select distinct report
    from settings.export_tables
    where loaded_table = 'sku_map'
)

select
    required_reports.need,
    required_reports.channel,
    required_reports.location,
    required_reports.report,
    any_value(required_reports.station) as station,
    bool_or(
        required_reports.is_asked
        or (
            required_reports.need = 'purchase_orders'
            and exists (
                select 1
                from landing.unreferenced
                where unreferenced.reason = 'unknown_purchase_order'
            )
        )
    ) as is_asked,
    any_value(required_reports.needed_by) as needed_by,
    concat(
        required_reports.report,
        case when required_reports.location <> '' then ' with ' || required_reports.location end
    ) as what
from settings.required_reports
left join came
    on required_reports.any_report = came.report and required_reports.location = came.location
left join ops.report_presence using (channel)
left join mapped using (channel)
left join maps on required_reports.any_report = maps.report
where
    required_reports.only_if is distinct from 'unstated_shipping'
    -- Before its orders come, nobody can say whether they state it.
    or (report_presence.has_orders and not report_presence.knows_ship_day)
group by required_reports.need, required_reports.channel, required_reports.location, required_reports.report
having count(came.report) filter (
    where required_reports.need <> 'listings' or maps.report is null or mapped.channel is not null
) = 0;

comment on column ops.missing_reports.channel is 'Channel that goes without; empty where it is no channel''s own';
comment on column ops.missing_reports.location is 'Location that goes without; empty where it is no location''s own';
comment on column ops.missing_reports.report is 'Report to bring; others may do as well';
comment on column ops.missing_reports.station is 'Station that uses it';
comment on column ops.missing_reports.what is 'What never came, in words';
