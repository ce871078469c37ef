"""A ledger that an older version wrote is opened by today's code: every row is there, and may be acted on.

A ledger is made by the migrations up to a version, filled with a row of each table that it had then, and opened.
A new migration is tried by itself; a new table or column needs its value in `ROWS`.
"""

import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, insert, inspect, text
from sqlalchemy.exc import DBAPIError

from config.strict import ROOT
from tasks.ledger import Ledger, open_ledger
from tasks.ledger.opening import MIGRATIONS, newest_revision
from tasks.ledger.tables import metadata
from tests.postgres import new_database, postgres

__all__ = ["postgres"]

SHOP = "demo"
AT = datetime(2026, 10, 2, 6, 0, tzinfo=UTC)
DAY = date(2026, 10, 1)
LATER = AT + timedelta(days=1)
WEEK: dict[str, Any] = {"kpi": "cancel_rate", "iso_week": "2026-W40", "channel": "web"}
ROWS: Mapping[str, Mapping[str, Any]] = {
    "runs": {
        "run_id": "r1", "flow": "nightly", "as_of": AT, "business_date": DAY, "started_at": AT,
        "ended_at": AT, "state": "completed", "note": None,
    },
    "stock_pushes": {
        "push_batch": "b1", "channel": "web", "channel_sku": "MUG", "pushed_at": AT, "units": 3,
        "file": "web.csv", "run_id": "r1", "business_date": DAY, "state": "written",
    },
    "purchase_suggestions": {
        "po_key": "S01/MUG/2026-10-01", "supplier": "S01", "sku": "MUG", "units": 24,
        "unit_cost_amount": Decimal("3.10"), "line_amount": Decimal("74.40"), "currency": "USD",
        "due_date": DAY, "opened_on": DAY, "state": "suggested", "approver": None,
        "decided_at": None, "reason": None, "crossing_date": DAY, "ordered_on": None,
        "ended_on": None,
    },
    "exceptions": {
        "exception_id": "x1", "opening": 1, "type": "missing_report", "station": "analytics",
        "severity": "warning", "subject_kind": "report", "subject_id": "shopify.orders",
        "channel": None, "order_id": None, "opened_at": AT, "due_at": AT, "last_seen_at": AT,
        "owner": "olive@example.com", "tier": 1, "next_step": "Bring it.", "evidence": "none came",
        "amount_at_stake": Decimal("12.50"), "currency": "USD", "state": "open",
        "acknowledged_by": None, "acknowledged_at": None, "closed_at": None, "closed_by": None,
        "reason": None, "passed_at": None,
    },
    "alerts": {
        "alert_key": "a1", "kind": "expectation.failed", "about": "expectation/cancel_rate",
        "business_date": DAY, "station": "orders", "severity": "critical",
        "owner": "olive@example.com", "deputy": None, "sent_to": "olive@example.com",
        "subject": "Cancel rate", "body": "12 %", "opened_at": AT, "due_at": AT,
        "state": "recorded", "acknowledged_by": None, "acknowledged_at": None,
        "recovered_at": None,
    },
    "alert_deliveries": {
        "alert_key": "a1", "route": "outbox", "tries": 1, "claimed_at": AT, "sent_at": None,
        "error": "away",
    },
    "sop_reviews": {
        "sop": "orders", "cause": "cancel_rate 2026-10-01", "reason": "failed", "evidence": "12 %",
        "opened_at": AT, "due_at": AT, "state": "open", "reviewed_by": None, "reviewed_at": None,
        "review_date": None, "outcome": None, "notes": None,
    },
    "audit_log": {
        "audit_id": 1, "at": AT, "who": "olive@example.com", "what": "suggest",
        "subject": "S01/MUG/2026-10-01", "before": None, "after": "{}", "why": "it ran low",
    },
    "oversell_events": {
        "sku": "MUG", "pool": "own", "started_at": AT, "ended_at": None, "open_units": 5,
        "available_units": 2, "short_units": 3, "places": "shelf", "channels": "web",
        "promotions": None, "in_promotion": False, "amount_at_stake": Decimal("54.00"),
        "currency": "USD",
    },
    "overrides": {
        "subject_kind": "sku", "subject_id": "MUG", "what": "velocity", "set_at": AT, "value": "2",
        "until_date": DAY, "who": "olive@example.com", "reason": "a fair", "ended_at": None,
    },
    "frozen_weeks": WEEK | {
        "frozen_at": AT, "value": Decimal("0.12"), "numerator": Decimal(12),
        "denominator": Decimal(100), "n": 100, "target": Decimal("0.02"), "status": "critical",
        "reason": None, "owner": "olive@example.com", "version": "1",
    },
    "kpi_revisions": WEEK | {
        "noticed_at": AT, "old_value": Decimal("0.12"), "new_value": Decimal("0.11"),
        "old_status": "critical", "new_status": "critical",
    },
    "weekly_reviews": {
        "iso_week": "2026-W40", "held_at": AT, "who": "olive@example.com", "attendees": "all",
        "decisions": "none",
    },
}  # fmt: skip


def config_of(connection: Any) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


RELEASED = [each.revision for each in ScriptDirectory.from_config(config_of(None)).walk_revisions()]


def older(url: str, revision: str) -> dict[str, set[str]]:
    """Make the ledger of a version, with a row in each of its tables; return its tables and columns."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        command.upgrade(config_of(connection), revision)
        looked = inspect(connection)
        columns = {
            table.name: {column["name"] for column in looked.get_columns(table.name)}
            for table in metadata.sorted_tables
            if looked.has_table(table.name)
        }
        for name, known in columns.items():
            given = known - {"audit_id"}  # counted by the database
            row = {"shop": SHOP} | {c: v for c, v in ROWS[name].items() if c in given}
            connection.execute(insert(metadata.tables[name]).values(row))
    engine.dispose()
    return columns


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("revision", sorted(RELEASED))
def test_a_ledger_of_any_released_version_is_read_and_carried_on(
    revision: str, kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    is_file = kind == "sqlite"
    url = (
        f"sqlite:///{tmp_path}/ledger.db"
        if is_file
        else new_database(request.getfixturevalue("postgres"), f"from_{revision}")
    )
    had = older(url, revision)
    assert {"runs", "purchase_suggestions", "alerts", "audit_log"} <= set(had)
    for _ in ("upgraded", "again"):
        with open_ledger(url, SHOP) as ledger:
            for table, columns in had.items():
                [row] = ledger.rows(table)
                assert {c: row[c] for c in columns} == {"shop": SHOP} | {
                    c: v for c, v in ROWS[table].items() if c in columns
                }, table
    with open_ledger(url, SHOP) as ledger:
        with ledger.engine.connect() as connection:
            options = {"version_table": "ledger_version"}
            found = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
            assert found == []
        carry_on(ledger)


def carry_on(ledger: Ledger) -> None:
    """Act on what the old version left: nothing of it is lost, doubled or out of reach."""
    assert ledger.last_night() == AT
    assert ledger.last_pushes() == {("web", "MUG"): 3}
    [suggestion] = ledger.rows("purchase_suggestions")
    assert suggestion["crossing_date"] == DAY, "the crossing of an older line is part of its key"
    [waiting] = ledger.pending_alerts()
    assert waiting["alert_key"] == "a1"
    assert ledger.claim_delivery("a1", "outbox", at=LATER)
    ledger.end_delivery("a1", "outbox", at=LATER, error=None)
    assert ledger.settle_alert("a1", ["outbox"], at=LATER)
    assert ledger.acknowledge_alert("a1", who="olive@example.com", why="seen", at=LATER)
    ledger.order([suggestion["po_key"]], who="olive@example.com", why="bought", on=DAY, at=LATER)
    assert ledger.rows("purchase_suggestions")[0]["state"] == "ordered"
    with ledger.engine.begin() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.execute(text("update audit_log set why = 'other'"))


def test_every_table_and_column_has_a_value_that_an_older_version_would_have_left() -> None:
    found = {
        name: {column.name for column in table.c} - {"shop"}
        for name, table in metadata.tables.items()
    }
    assert found == {name: set(row) for name, row in ROWS.items()}


def test_a_migration_is_called_by_its_revision() -> None:
    """What opens a ledger tells by the name of the last file whether there is anything to do."""
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert scripts.get_heads() == [newest_revision()]
    for script in scripts.walk_revisions():
        assert Path(script.path).name.startswith(f"{script.revision}_")


def test_a_ledger_that_is_up_to_date_is_opened_without_alembic(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    open_ledger(url, "demo").close()
    opened = subprocess.run(
        [sys.executable, "-c", OPENED, url], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert opened.stdout.strip() == "False 0"


OPENED = """
import sys
from tasks.ledger.opening import open_ledger
with open_ledger(sys.argv[1], "demo") as ledger:
    print("alembic" in sys.modules, len(ledger.rows("exceptions")))
"""
