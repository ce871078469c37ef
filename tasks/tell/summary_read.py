"""The queries behind a night's summary.

Requires of the marts: alerts, backlog, channel_stock, data_freshness, exceptions, kpi_daily,
kpi_dictionary, landed_files, order_inbox, payout_reconciliation, purchase_suggestions, quarantined_rows, reorder_plan,
requirements_coverage, shops, stock_position. Reads nothing else, so it reads a published snapshot as well
(there the schema is `main`).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import duckdb

from tasks.tell.summary_figures import (
    ChannelOrders,
    ChannelStock,
    Files,
    Freshness,
    IgnoredFile,
    KpiFigure,
    MissingReport,
    OpenAlert,
    OpenExceptions,
    Payouts,
    Quarantined,
    RejectedFile,
    Reorder,
    ReorderAction,
    StockCount,
    Suggestions,
    Summary,
)
from tasks.warehouse.tables import fetch

TOP_REORDERS = 5
BY_HAND = "('no-lead-time', 'no-rate')"  # rules that ask a person, as nothing gives a figure
UNKNOWN = "('no-orders', 'no-stock-count')"  # rules that wait for a report
KPI_DAYS = 7  # a figure older than a week is history, and no data for tonight


@dataclass(frozen=True)
class _Head:
    """What the night was of; all None for a shop to which nothing ever came."""

    shop: str | None
    title: str | None
    business_date: date | None
    timezone: str | None
    currency: str | None
    moment: datetime | None


def read_summary(con: duckdb.DuckDBPyConnection, schema: str = "marts") -> Summary:
    """Return what the marts of `schema` say; a shop to which nothing ever came reads as empty."""
    marts = f'"{schema}"'
    [head] = fetch(con, _Head, _HEAD.format(m=marts))
    return Summary(
        shop=head.shop or "shop",
        title=head.title or head.shop or "shop",
        business_date=head.business_date,
        moment=head.moment,
        zone=ZoneInfo(head.timezone) if head.timezone else UTC,
        currency=head.currency or "",
        files=fetch(con, Files, _FILES.format(m=marts))[0],
        rejected_files=fetch(con, RejectedFile, _REJECTED.format(m=marts)),
        ignored_files=fetch(con, IgnoredFile, _IGNORED.format(m=marts)),
        quarantined=fetch(con, Quarantined, _QUARANTINED.format(m=marts)),
        orders=fetch(con, ChannelOrders, _ORDERS.format(m=marts)),
        stock=fetch(con, ChannelStock, _STOCK.format(m=marts)),
        counts=fetch(con, StockCount, _COUNTS.format(m=marts)),
        reorder_actions=fetch(con, ReorderAction, _ACTIONS.format(m=marts)),
        reorders=fetch(con, Reorder, f"{REORDERS.format(m=marts)} limit {TOP_REORDERS}"),
        by_hand=fetch(con, Reorder, f"{REORDERS_BY_HAND.format(m=marts)} limit {TOP_REORDERS}"),
        suggestions=fetch(con, Suggestions, _SUGGESTIONS.format(m=marts)),
        payouts=fetch(con, Payouts, _PAYOUTS.format(m=marts)),
        kpis=read_kpis(con, schema),
        alerts=fetch(con, OpenAlert, _ALERTS.format(m=marts)),
        exceptions=fetch(con, OpenExceptions, _EXCEPTIONS.format(m=marts), [head.moment]),
        freshness=fetch(con, Freshness, _FRESHNESS.format(m=marts)),
        missing=fetch(con, MissingReport, _MISSING.format(m=marts)),
    )


def read_kpis(con: duckdb.DuckDBPyConnection, schema: str) -> tuple[KpiFigure, ...]:
    """Return each KPI of the whole shop by its newest day of the last week that says something, worst first."""
    return fetch(con, KpiFigure, _KPIS.format(m=f'"{schema}"'))


# The run's own moment is in no mart: an age and what it is the age of give it back; before any file, the open cases.
_HEAD = """
    select
        (select any_value(shop) from {m}.shops) as shop,
        (select any_value(title) from {m}.shops) as title,
        (select max(business_date) from {m}.kpi_daily) as business_date,
        (select any_value(timezone) from {m}.shops) as timezone,
        (select any_value(currency) from {m}.shops) as currency,
        coalesce(
            (
                select max(last_file_at + to_seconds(cast(age_hours * 3600 as double)))
                from {m}.data_freshness
            ),
            (select max(last_seen_at) from {m}.exceptions where state != 'closed')
        ) as moment
"""
_FILES = """
    select
        count(*) filter (where status = 'accepted') as accepted,
        count(*) filter (where status = 'rejected') as rejected,
        count(*) filter (where status = 'duplicate') as duplicate,
        cast(coalesce(sum(rows_read), 0) as bigint) as rows_read,
        cast(coalesce(sum(rows_accepted), 0) as bigint) as rows_accepted,
        cast(coalesce(sum(rows_quarantined), 0) as bigint) as rows_quarantined,
        cast(coalesce(sum(rows_non_data), 0) as bigint) as rows_non_data,
        max(received_at) as last_received_at
    from {m}.landed_files
"""
_REJECTED = """
    select coalesce(report, '') as report, name, received_at, coalesce(reason, '') as reason
    from {m}.landed_files
    where status = 'rejected'
    order by received_at desc, name
"""
_IGNORED = """
    select subject_id as name, coalesce(evidence, '') as reason, next_step
    from {m}.exceptions
    where type = 'ignored_file' and state != 'closed'
    order by subject_id
"""
_QUARANTINED = """
    select report, reason, count(*) as rows, min(first_seen_at) as first_seen_at
    from {m}.quarantined_rows
    where resolved_at is null
    group by report, reason
    order by rows desc, report, reason
"""
_ORDERS = """
    with waiting as (
        select channel, count(*) as waiting, count(*) filter (where past_due) as past_due
        from {m}.backlog
        group by channel
    )
    select
        order_inbox.channel,
        count(*) as orders,
        min(order_inbox.business_date) as first_date,
        max(order_inbox.business_date) as last_date,
        coalesce(any_value(waiting.waiting), 0) as waiting,
        coalesce(any_value(waiting.past_due), 0) as past_due
    from {m}.order_inbox
    left join waiting using (channel)
    where order_inbox.duplicate_of is null and not coalesce(order_inbox.is_test, false)
    group by order_inbox.channel
    order by order_inbox.channel
"""
_STOCK = """
    select
        channel,
        count(*) as listings,
        cast(
            coalesce(sum(published_units) filter (where mode != 'read_only'), 0) as bigint
        ) as units,
        count(*) filter (where mode != 'read_only' and delta is distinct from 0) as changed,
        count(*) filter (where mode = 'rationed') as rationed,
        count(*) filter (where mode = 'held') as held,
        count(*) filter (where mode = 'stopped') as stopped,
        count(*) filter (where mode = 'read_only') as read_only
    from {m}.channel_stock
    group by channel
    order by channel
"""
_COUNTS = """
    select location, max(source_as_of) as source_as_of, count(*) filter (where stale) as stale_skus
    from {m}.stock_position
    group by location
    order by location
"""
URGENCY = "list_position(['escalate', 'reorder', 'covered', 'soon', 'discontinue', 'overstock', 'hold'], action)"
# Of a SKU in several pools the most urgent action counts; what another pool gives is bought by nobody.
_ACTIONS = f"""
    with planned as (
        select
            sku, currency, suggested_units, suggested_amount, rule_id,
            case when is_covered then 'covered' else action end as action
        from {{m}}.reorder_plan
    ),
    skus as (
        select
            sku,
            currency,
            arg_min(action, {URGENCY}) as action,
            arg_min(rule_id, {URGENCY}) as rule_id,
            sum(suggested_units) as units,
            sum(suggested_amount) as amount
        from planned
        group by sku, currency
    )
    select
        action,
        case when rule_id in {UNKNOWN} or rule_id in {BY_HAND} then rule_id end as lacks,
        currency,
        count(*) as skus,
        cast(coalesce(sum(units), 0) as bigint) as units,
        cast(sum(amount) as decimal(18, 2)) as amount
    from skus
    group by all
    order by all
"""
_REORDERS = """
    select
        sku, pool, action, suggested_units, cast(suggested_amount as decimal(18, 2)) as suggested_amount,
        currency, supplier, days_of_cover, order_by_date, stockout_date, owner, reason
    from {m}.reorder_plan
    where action in ('reorder', 'escalate') and not coalesce(is_covered, false) and rule_id {which}
    order by
        order_by_date nulls last, stockout_date nulls last, days_of_cover nulls last,
        suggested_amount desc nulls last, sku
"""
REORDERS = _REORDERS.replace("{which}", f"not in {BY_HAND}")
REORDERS_BY_HAND = _REORDERS.replace("{which}", f"in {BY_HAND}")
_SUGGESTIONS = """
    select state, currency, count(*) as lines, cast(sum(line_amount) as decimal(18, 2)) as amount
    from {m}.purchase_suggestions
    where state in ('suggested', 'pending_approval', 'approved')
    group by state, currency
    order by state, currency
"""
_PAYOUTS = """
    select
        status,
        currency,
        count(*) as payouts,
        cast(sum(payout_amount) as decimal(18, 2)) as payout_amount,
        cast(sum(difference_amount) as decimal(18, 2)) as difference_amount,
        max(oldest_open_days) as oldest_open_days
    from {m}.payout_reconciliation
    group by status, currency
    order by
        status = 'reconciled' desc, status in ('scheduled', 'in_transit', 'carried_over'),
        status, currency
"""
_KPIS = f"""
    select
        kpi_daily.kpi, kpi_daily.title, kpi_daily.station, kpi_daily.business_date,
        coalesce(kpi_daily.judged_value, kpi_daily.value) as value,
        kpi_daily.unit,
        coalesce(kpi_daily.judged_n, kpi_daily.n) as n,
        kpi_daily.judged_days,
        kpi_daily.target, kpi_dictionary.direction, kpi_daily.status, kpi_daily.reason,
        kpi_daily.owner, kpi_dictionary.deputy, kpi_dictionary.sop
    from {{m}}.kpi_daily
    left join {{m}}.kpi_dictionary using (kpi)
    where kpi_daily.channel = 'all'
        and kpi_daily.business_date > (select max(business_date) from {{m}}.kpi_daily) - {KPI_DAYS}
    qualify row_number() over (
        partition by kpi order by kpi_daily.status = 'no_data', kpi_daily.business_date desc
    ) = 1
    order by
        array_position(
            ['critical', 'warning', 'off_target', 'ok', 'too_few', 'no_data'], kpi_daily.status
        ),
        kpi_daily.station, kpi_daily.title
"""
_ALERTS = """
    select alert_id, kind, coalesce(about, '') as about, subject, sent_to as owner, opened_at, acknowledged_by
    from {m}.alerts
    where recovered_at is null
    order by acknowledged_by is not null, opened_at desc, subject
"""
_EXCEPTIONS = """
    select
        owner,
        count(*) as open,
        count(*) filter (where due_at < $1) as overdue,
        min(opened_at) as oldest_at
    from {m}.exceptions
    where state != 'closed'
    group by owner
    order by overdue desc, open desc, owner
"""
_FRESHNESS = """
    select
        report, title, location, last_file_at, newest_event_at, age_hours, limit_hours, status
    from {m}.data_freshness
    order by status = 'ok', status, age_hours desc, report, location
"""
_MISSING = """
    select
        report, coalesce(title, report) as title, missing_for,
        coalesce(bring_from, '') as bring_from, coalesce(needed_by, '') as needed_by, is_asked
    from {m}.requirements_coverage
    where reason is not null
    order by is_asked desc, bring_rank
"""
