-- What was told to whom.
-- grain:  one row per alert
-- keys:   shop, alert_id
-- inputs: ledger.alerts, ledger.alert_deliveries

create or replace table marts.alerts as
with

delivered as (
    select
        shop,
        alert_key,
        string_agg(route, ', ' order by route) as via
    from ledger.alert_deliveries
    where sent_at is not null
    group by shop, alert_key
)

select
    alerts.shop,
    alerts.alert_key as alert_id,
    alerts.kind,
    alerts.about,
    alerts.business_date,
    alerts.station,
    alerts.severity,
    alerts.subject,
    alerts.opened_at,
    alerts.owner,
    alerts.sent_to,
    delivered.via,
    case
        when alerts.recovered_at is not null then 'recovered'
        when alerts.acknowledged_at is not null then 'acknowledged'
        else alerts.state
    end as state,
    alerts.acknowledged_by,
    alerts.acknowledged_at,
    alerts.recovered_at
from ledger.alerts
left join delivered using (shop, alert_key);

comment on table marts.alerts is 'What was told to whom.';
comment on column marts.alerts.shop is 'Shop';
comment on column marts.alerts.alert_id is 'What it is about, and the day';
comment on column marts.alerts.kind is 'What happened';
comment on column marts.alerts.about is 'What it is about, over time';
comment on column marts.alerts.business_date is 'Day';
comment on column marts.alerts.station is 'Station';
comment on column marts.alerts.severity is 'Severity';
comment on column marts.alerts.subject is 'The alert in a line';
comment on column marts.alerts.opened_at is 'Moment it was recorded, UTC';
comment on column marts.alerts.owner is 'Whose it is';
comment on column marts.alerts.sent_to is 'Who was told: the deputy while the owner is away';
comment on column marts.alerts.via is 'Routes that delivered it';
comment on column marts.alerts.state is 'recorded, delivered, acknowledged or recovered';
comment on column marts.alerts.acknowledged_by is 'Who is on it';
comment on column marts.alerts.acknowledged_at is 'Since when, UTC';
comment on column marts.alerts.recovered_at is 'Moment its check held again, UTC';
