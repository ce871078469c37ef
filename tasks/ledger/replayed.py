"""The ledger as it was at a past moment, for a night that is looked at again."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Date, Table, insert

from tasks.ledger.book import Book
from tasks.ledger.tables import Amount, Moment, metadata

# When a row was written, by the first of these columns that it has.
WRITTEN = (
    "opened_at", "pushed_at", "at", "as_of", "started_at", "opened_on", "claimed_at", "set_at"
)  # fmt: skip
# What was noted together with a moment, and is unknown before it.
NOTED_WITH: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("exceptions", "closed_at"): ("closed_by", "reason"),
    ("exceptions", "acknowledged_at"): ("acknowledged_by",),
    ("alerts", "acknowledged_at"): ("acknowledged_by",),
    ("purchase_suggestions", "decided_at"): ("approver", "reason"),
    ("sop_reviews", "reviewed_at"): ("reviewed_by", "review_date", "outcome", "notes"),
}
# How the audit log names the row of a table.
SUBJECTS = {
    "exceptions": "exception/{exception_id}/{opening}",
    "purchase_suggestions": "purchase/{po_key}",
    "alerts": "alert/{alert_key}",
}

Values = dict[str, Any]


def copy_as_of(ledger: Book, past: Book, moment: datetime, zone: ZoneInfo) -> None:
    """Fill the empty ledger `past` with what `ledger` held at `moment`; `ledger` is only read.

    What was opened, sent or decided later is not in it; what was closed or decided later is as it
    was before: its state is the last that the audit log had noted by then, and what the log has
    changed since is as it was.
    """
    states, before = _states(ledger, moment), _before(ledger, moment)
    held: dict[str, list[Values]] = {}
    for table in metadata.sorted_tables:
        rows = [dict(row) for row in ledger.select(table)]
        held[table.name] = [
            _then(table, row, moment, states, before)
            for row in rows
            if _is_written(row, moment, zone)
        ]
    alerts = {row["alert_key"] for row in held["alerts"]}
    held["alert_deliveries"] = [r for r in held["alert_deliveries"] if r["alert_key"] in alerts]
    with past.engine.begin() as connection:
        for table in metadata.sorted_tables:
            if rows := held[table.name]:
                connection.execute(insert(table), rows)


def _states(ledger: Book, moment: datetime) -> dict[str, str]:
    """Return the state that the audit log last noted of each subject by `moment`."""
    states: dict[str, str] = {}
    for line in ledger.select(metadata.tables["audit_log"]):
        after = json.loads(line["after"] or "{}")
        if line["at"] <= moment and isinstance(after.get("state"), str):
            states[line["subject"]] = after["state"]
    return states


def _before(ledger: Book, moment: datetime) -> dict[str, Values]:
    """Return the values that the audit log says each subject had before it was changed after `moment`."""
    before: dict[str, Values] = defaultdict(dict)
    later = [line for line in ledger.select(metadata.tables["audit_log"]) if line["at"] > moment]
    for line in reversed(later):  # the first change says what was before all of them
        before[line["subject"]] |= json.loads(line["before"] or "{}")
    return before


def _is_written(row: Values, moment: datetime, zone: ZoneInfo) -> bool:
    for written in (row[name] for name in WRITTEN if row.get(name) is not None):
        if isinstance(written, datetime):
            return written <= moment
        return bool(written <= moment.astimezone(zone).date())
    return True


def _then(
    table: Table,
    row: Values,
    moment: datetime,
    states: Mapping[str, str],
    before: Mapping[str, Values],
) -> Values:
    later = [
        column.name
        for column in table.c
        if isinstance(column.type, Moment) and row[column.name] and row[column.name] > moment
    ]
    for name in later:
        if table.c[name].nullable and name != "due_at":
            row |= dict.fromkeys((name, *NOTED_WITH.get((table.name, name), ())))
        elif name == "last_seen_at":
            row[name] = moment
    if table.name == "sop_reviews" and row["reviewed_at"] is None:
        row["state"] = "open"
    if subject := SUBJECTS.get(table.name):
        name = subject.format(**row)
        row |= _typed(table, before.get(name, {}))
        row["state"] = states.get(name, row["state"])
    return row


def _typed(table: Table, values: Values) -> Values:
    """Return values of the audit log as the columns of their table hold them."""
    kinds: dict[type, Callable[[str], Any]] = {
        Amount: Decimal,
        Moment: datetime.fromisoformat,
        Date: date.fromisoformat,
    }
    typed = {}
    for name in values.keys() & table.c.keys():
        read = next(
            (to for kind, to in kinds.items() if isinstance(table.c[name].type, kind)), None
        )
        typed[name] = read(values[name]) if read and values[name] is not None else values[name]
    return typed
