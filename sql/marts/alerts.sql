-- What was sent to whom, by which ways, and who answered.
-- grain:  one row per alert
-- keys:   shop, alert_id
-- inputs: ledger.alerts, ledger.alert_deliveries, settings.run

create or replace table marts.alerts as
with

ways as (
    select
        alert_key,
        string_agg(route, ', ' order by route) filter (sent_at is not null) as via,
        max(sent_at) as sent_at,
        sum(tries) as tries,
        string_agg(route || ': ' || error, '; ' order by route) filter (error is not null) as error
    from ledger.alert_deliveries
    group by alert_key
)

select
    run.shop,
    alerts.alert_key as alert_id,
    alerts.kind,
    alerts.about,
    alerts.business_date,
    alerts.station,
    alerts.severity,
    alerts.opened_at,
    alerts.due_at,
    alerts.sent_to,
    ways.via,
    ways.sent_at,
    cast(coalesce(ways.tries, 0) as bigint) as tries,
    ways.error,
    alerts.state,
    alerts.subject,
    -- Of a message what it saw and why that matters; of another its first line.
    coalesce(
        nullif(concat_ws(
            '. ',
            nullif(regexp_extract(alerts.body, 'Observed: ([^\n]*)', 1), ''),
            nullif(regexp_extract(alerts.body, 'Why it matters: ([^\n]*)', 1), '')
        ), ''),
        regexp_extract(alerts.body, '^[^\n]*')
    ) as evidence,
    alerts.acknowledged_by,
    alerts.acknowledged_at,
    alerts.recovered_at,
    getvariable('rule_version') as rule_version
from ledger.alerts
cross join settings.run
left join ways using (alert_key);

comment on column marts.alerts.kind is 'Last part of its event''s name';
comment on column marts.alerts.business_date is 'Business date it is of';
comment on column marts.alerts.severity is 'info, low, medium or high';
comment on column marts.alerts.opened_at is 'Moment it was recorded, UTC';
comment on column marts.alerts.state is 'recorded, or delivered by every way';
