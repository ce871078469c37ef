"""Marts as tables of the run's page: only what JSON holds and a browser shows without loss.

Requires of the marts: channel_stock, expectation_results, payout_reconciliation, payout_worklist, reorder_plan.
Each cell is text, a whole number or nothing: money is text, to the cent, behind its currency.
"""

from datetime import UTC, date, datetime
from decimal import Decimal

import duckdb

from tasks.rules.payouts import SETTLED
from tasks.rules.sql_text import literals
from tasks.run.wording import money, percent, plain, words
from tasks.tell.summary_read import REORDERS, REORDERS_BY_HAND
from tasks.warehouse.tables import rows_of

Cell = str | int | float | None
Cells = list[dict[str, Cell]]


def reorder_table(con: duckdb.DuckDBPyConnection, schema: str = "marts") -> Cells:
    """Return every SKU to reorder now, most urgent first, then those that a person decides."""
    queries = (query.format(m=f'"{schema}"') for query in (REORDERS, REORDERS_BY_HAND))
    return [
        {
            "SKU": cell(row["sku"]),
            "action": words(row["action"]),
            "order by": cell(row["order_by_date"]),
            "runs out on": cell(row["stockout_date"]),
            "days of cover": cell(row["days_of_cover"]),
            "units": cell(row["suggested_units"]),
            "cost": money(row["suggested_amount"], row["currency"]),
            "supplier": cell(row["supplier"]),
            "owner": cell(row["owner"]),
            "why": cell(row["reason"]),
        }
        for query in queries
        for row in rows_of(con, query)
    ]


def reconciliation_table(con: duckdb.DuckDBPyConnection, schema: str = "marts") -> Cells:
    """Return every payout that is neither reconciled nor on its way, oldest first."""
    settled = literals(sorted(SETTLED))
    query = f"""
        select * from "{schema}".payout_reconciliation
        where status not in ({settled})
        order by oldest_open_days desc nulls last, channel, payout_id
    """
    return [
        {
            "channel": cell(row["channel"]),
            "payout": cell(row["payout_id"]),
            "status": words(row["status"]),
            "period ends": cell(row["period_end_at"]),
            "lines": cell(row["lines"]),
            "sum of lines": money(row["lines_total_amount"], row["currency"]),
            "paid out": money(row["payout_amount"], row["currency"]),
            "at the bank": money(row["bank_amount"], row["currency"]),
            "difference": money(row["difference_amount"], row["currency"]),
            "unclassified": money(row["unclassified_amount"], row["currency"]),
            "without an order": money(row["unmatched_amount"], row["currency"]),
            "days open": cell(row["oldest_open_days"]),
        }
        for row in rows_of(con, query)
    ]


def channel_payouts_table(con: duckdb.DuckDBPyConnection, schema: str = "marts") -> Cells:
    """Return of each channel and currency what was paid out, what of it ties, and what is open."""
    settled = literals(sorted(SETTLED))
    query = f"""
        select channel, currency, count(*) as payouts, sum(payout_amount) as paid_amount,
            sum(payout_amount) filter (where status = 'reconciled') as tied_amount,
            count(*) filter (where status not in ({settled})) as open_payouts,
            sum(coalesce(payout_amount, lines_total_amount)) filter (where status not in ({settled})) as open_amount,
            max(oldest_open_days) filter (where status not in ({settled})) as oldest_days
        from "{schema}".payout_reconciliation
        where status != 'scheduled'
        group by channel, currency order by channel, currency
    """
    return [
        {
            "channel": cell(row["channel"]),
            "payouts": cell(row["payouts"]),
            "paid out": money(row["paid_amount"], row["currency"]),
            "tied to the cent": money(row["tied_amount"] or 0, row["currency"]),
            "open": cell(row["open_payouts"]),
            "open amount": money(row["open_amount"] or 0, row["currency"]),
            "oldest, days": cell(row["oldest_days"]),
        }
        for row in rows_of(con, query)
    ]


def payout_worklist_table(
    con: duckdb.DuckDBPyConnection, limit: int = 100, schema: str = "marts"
) -> Cells:
    """Return what in the payouts needs a person, worst first, with what it most likely is."""
    query = f'select * from "{schema}".payout_worklist order by rank_no limit $1'
    return [
        {
            "what": words(row["kind"]),
            "channel": cell(row["channel"]),
            "payout": cell(row["payout_id"]),
            "order": cell(row["order_id"]),
            "amount": money(row["amount"], row["currency"]),
            "days": cell(row["age_days"]),
            "likely": cell(row["likely_match"]),
            "because": cell(row["likely_because"]),
            "owner": cell(row["owner"]),
            "next step": cell(row["next_step"]),
        }
        for row in rows_of(con, query, [limit])
    ]


def failing_expectations_table(con: duckdb.DuckDBPyConnection, schema: str = "marts") -> Cells:
    """Return what failed in the newest run of each suite, by severity."""
    query = f"""
        with newest as (
            from "{schema}".expectation_results
            qualify run_at = max(run_at) over (partition by suite)
        )
        from newest where not success order by severity, station, suite, expectation
    """
    return [
        {
            "severity": cell(row["severity"]),
            "station": cell(row["station"]),
            "suite": cell(row["suite"]),
            "expectation": words(row["expectation"]),
            "about": cell(row["subject"]),
            "observed": cell(row["observed"]),
            "limit": cell(row["threshold"]),
            "failing": cell(row["unexpected_count"]),
            "share": percent(row["unexpected_rate"]),
            "owner": cell(row["owner"]),
            "checked at": cell(row["run_at"]),
        }
        for row in rows_of(con, query)
    ]


def stock_table(
    con: duckdb.DuckDBPyConnection,
    channel: str | None = None,
    limit: int = 200,
    schema: str = "marts",
) -> Cells:
    """Return the published stock of one channel's listings, or of all: the largest changes first."""
    query = f"""
        select * from "{schema}".channel_stock
        where $1 is null or channel = $1
        order by mode = 'read_only', delta is null, abs(delta) desc, channel, channel_sku
        limit $2
    """
    return [
        {
            "channel": cell(row["channel"]),
            "listing": cell(row["channel_sku"]),
            "SKU": cell(row["sku"]),
            "published": cell(row["published_units"]),
            "before": cell(row["previous_units"]),
            "change": cell(row["delta"]),
            "mode": words(row["mode"]),
            "held back": cell(row["buffer_units"]),
            "oversell risk": percent(row["oversell_risk"]),
            "why": cell(row["reason"]),
        }
        for row in rows_of(con, query, [channel, limit])
    ]


def cell(value: object) -> Cell:
    """Return a value as JSON keeps it: a moment to the minute in UTC, a decimal as text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return plain(value)
