"""From what was found to open cases: exceptions are opened, kept and closed, and the new are alerted."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import timedelta
from decimal import Decimal
from typing import Any

import duckdb

from config.kpi import load_exceptions, load_kpis, load_sops
from tasks.decide.people import responsible
from tasks.ledger import Alert, Finding, Ledger, Synced
from tasks.rules.alert_text import Failure, alert_body, cases_subject
from tasks.run.night import Night
from tasks.run.wording import short_day
from tasks.warehouse.tables import fetch

# Alerted whatever their severity is.
ALWAYS_ALERTED = frozenset({"rejected_file", "stale_report", "missing_report", "kpi_drift"})
ROWS_SHOWN = 5
FOUND = """
    select type, subject_kind, subject_id, channel, order_id, evidence, amount_at_stake, currency
    from checks.findings order by type, subject_kind, subject_id
"""


@dataclass(frozen=True)
class _Found:
    """A row of checks.findings: what needs a person, and why."""

    type: str
    subject_kind: str
    subject_id: str
    channel: str | None
    order_id: str | None
    evidence: str
    amount_at_stake: Decimal | None
    currency: str | None


def sync_exceptions(con: duckdb.DuckDBPyConnection, night: Night, ledger: Ledger) -> Synced:
    """Open, keep and close exceptions by what checks.findings shows tonight; alert about the new ones.

    Raises:
        KeyError: a finding's type is not registered in config/exceptions.yaml.
    """
    types = load_exceptions()
    found = []
    for row in fetch(con, _Found, FOUND):
        known = types[row.type]
        found.append(
            Finding(
                **asdict(row),
                station=known.station,
                severity=known.severity,
                owner=responsible(night, _role_of(row)).owner,
                tier=known.tier,
                next_step=known.next_step,
                due_at=night.moment + timedelta(hours=known.window_hours),
            )
        )
    synced = ledger.sync_exceptions(found, set(types) - {"expectation_failed"}, at=night.moment)
    _alert_new_cases(night, ledger)
    # An alert whose cases are all closed has no cause left; the cases themselves say who closed them.
    for kind in sorted(set(types) - ledger.open_types()):
        ledger.end_alerts(f"exception/{kind}", why="no case of it is open", at=night.moment)
    return synced


def _role_of(found: _Found) -> str:
    """Return whose case it is: of a KPI, whoever has the KPI."""
    if found.subject_kind == "kpi":
        return load_kpis()[found.subject_id].role
    return load_exceptions()[found.type].role


def _alert_new_cases(night: Night, ledger: Ledger) -> None:
    """Record one alert per owner and type of exception that opened tonight and cannot wait to be looked up.

    What opens in a later run of the day, as files came, is an alert of its own.
    """
    at = {row["alert_key"]: row["opened_at"] for row in ledger.rows("alerts")}
    opened: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for row in ledger.opened_exceptions(at=night.moment):
        role = _role_of(_Found(**{each.name: row[each.name] for each in fields(_Found)}))
        opened[row["type"], role].append(row)
    for (kind, role), rows in sorted(opened.items()):
        known = load_exceptions()[kind]
        if known.severity != "high" and kind not in ALWAYS_ALERTED:
            continue
        who = responsible(night, role)
        others = "" if role == known.role else f"/{role}"
        key = f"exception/{kind}{others}/{night.business_date}"
        if at.get(key, night.moment) != night.moment:
            key += f"/{night.moment:%H%M%S}"
        failure = Failure(
            what=f"{len(rows)} new {kind.replace('_', ' ')} {'case' if len(rows) == 1 else 'cases'}",
            station=known.station,
            day=short_day(night.business_date),
            observed=f"{len(rows)} new{', the first' if len(rows) > 1 else ''}: {rows[0]['evidence']}",
            threshold="",
            why="",
            fix=known.next_step,
            owner=who.owner,
            sop=_sop_of(known.station),
            deputy=who.deputy,
            rows=[{"case": r["subject_id"], "evidence": r["evidence"]} for r in rows[:ROWS_SHOWN]],
            rows_are="cases",
            failing_count=len(rows),
        )
        ledger.record_alert(
            Alert(
                alert_key=key,
                kind="exception.opened",
                about=f"exception/{kind}",
                business_date=night.business_date,
                station=known.station,
                severity=known.severity,
                owner=who.owner,
                deputy=who.deputy,
                sent_to=who.answers,
                subject=cases_subject(failure),
                body=alert_body(failure),
                due_at=night.moment + timedelta(hours=known.window_hours),
            ),
            at=night.moment,
        )


def _sop_of(station: str) -> str:
    sops = load_sops()
    return sops[station].link if station in sops else ""
