"""From what was found to who hears of it: exceptions, failed expectations, SOP reviews, alerts."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import duckdb

from config.expectation import Expectation
from config.kpi import Kpi, load_exceptions, load_kpis, load_sops
from config.shop import Shop
from tasks.gate import Outcome, check
from tasks.ledger import Alert, Finding, Ledger, Synced
from tasks.night import Night
from tasks.rules.alert_text import Failure, alert_body, alert_subject

ANSWER_WITHIN = timedelta(hours=24)
REVIEW_WITHIN = timedelta(days=7)
ALWAYS_TOLD = frozenset({"rejected_file", "stale_report"})  # besides what is of high severity
ROWS_SHOWN = 5
KPI_TABLE = "marts.kpi_daily"


def sync_exceptions(con: duckdb.DuckDBPyConnection, night: Night, ledger: Ledger) -> Synced:
    """Open, keep and close exceptions by what ops.findings shows tonight; tell of the new ones.

    Raises:
        KeyError: a finding's type is not registered in config/exceptions.yaml.
    """
    types = load_exceptions()
    rows = con.execute(
        "select type, subject_kind, subject_id, channel, order_id, evidence, amount_at_stake, currency"
        " from ops.findings order by type, subject_kind, subject_id"
    ).fetchall()
    found = []
    for kind, subject_kind, subject_id, channel, order_id, evidence, amount, currency in rows:
        known = types[kind]
        found.append(
            Finding(
                type=kind,
                station=known.station,
                severity=known.severity,
                subject_kind=subject_kind,
                subject_id=subject_id,
                owner=_owner(night, known.role)[0],
                tier=known.tier,
                next_step=known.next_step,
                due_at=night.moment + timedelta(hours=known.window_hours),
                evidence=evidence,
                amount_at_stake=amount,
                currency=currency,
                channel=channel,
                order_id=order_id,
            )
        )
    synced = ledger.sync_exceptions(found, set(types) - {"expectation_failed"}, at=night.moment)
    _tell_of_new(night, ledger)
    return synced


def _tell_of_new(night: Night, ledger: Ledger) -> None:
    """Record one alert per type of exception that opened tonight and cannot wait to be looked up."""
    opened: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in ledger.rows("exceptions"):
        if row["state"] == "open" and row["opened_at"] == night.moment:
            opened[row["type"]].append(row)
    for kind, rows in sorted(opened.items()):
        known = load_exceptions()[kind]
        if known.severity != "high" and kind not in ALWAYS_TOLD:
            continue
        owner, deputy, answers = _owner(night, known.role)
        failure = Failure(
            what=f"{len(rows)} × {kind.replace('_', ' ')}",
            station=known.station,
            business_date=str(night.business_date),
            observed=f"{len(rows)} new",
            threshold="none",
            why=rows[0]["evidence"],
            mend=known.next_step,
            owner=owner,
            sop=_sop_of(known.station),
            deputy=deputy,
            rows=[
                {"subject": r["subject_id"], "evidence": r["evidence"]} for r in rows[:ROWS_SHOWN]
            ],
            failing_count=len(rows),
        )
        ledger.record_alert(
            Alert(
                alert_key=f"exception/{kind}/{night.business_date}",
                kind="exception.opened",
                about=f"exception/{kind}",
                business_date=night.business_date,
                station=known.station,
                severity=known.severity,
                owner=owner,
                deputy=deputy,
                sent_to=answers,
                subject=f"{failure.what}, new at {known.station} on {night.business_date}",
                body=alert_body(failure),
                due_at=night.moment + timedelta(hours=known.window_hours),
            ),
            at=night.moment,
        )


def check_kpis(
    con: duckdb.DuckDBPyConnection, night: Night, ledger: Ledger
) -> list[tuple[str, Outcome]]:
    """Hold every KPI to its critical limit; a failing one alerts its owner and opens a review.

    Each KPI is an expectation over its rows of tonight in marts.kpi_daily. One alert per KPI and
    business date; when it holds again, one notice says so.
    """
    kpis = load_kpis()
    day = f"date '{night.business_date}'"
    expectations = [
        Expectation(
            reason=name,
            # What counts by the day is judged on the day that closed; what is a state, tonight.
            fails_where=f"kpi = '{name}' and business_date between {day} - 1 and {day} and status = 'critical'",
            why=kpi.why,
            mend=kpi.mend,
        )
        for name, kpi in kpis.items()
    ]
    outcomes = check(con, KPI_TABLE, "KPIs", expectations)
    results = list(zip(kpis, outcomes, strict=True))
    for name, outcome in results:
        if outcome.success:
            ledger.record_recovery(
                f"expectation/{name}", business_date=night.business_date, at=night.moment
            )
        else:
            _tell_of_failed(con, night, ledger, name, kpis[name])
    _keep(con, night, results)
    return results


def _tell_of_failed(
    con: duckdb.DuckDBPyConnection, night: Night, ledger: Ledger, name: str, kpi: Kpi
) -> None:
    rows = con.execute(
        f"select channel, value, numerator, denominator, n, target, status from {KPI_TABLE}"
        " where kpi = ? and business_date between ? and ? and status = 'critical'"
        " order by business_date desc, channel = 'all' desc, channel",
        [name, night.business_date - timedelta(days=1), night.business_date],
    ).fetchall()
    columns = ("channel", "value", "numerator", "denominator", "n", "target", "status")
    shown = [{c: _plain(v) for c, v in zip(columns, row, strict=True)} for row in rows]
    owner, deputy, answers = _owner(night, kpi.role)
    failure = Failure(
        what=kpi.title,
        station=kpi.station,
        business_date=str(night.business_date),
        observed=f"{shown[0]['value']} ({shown[0]['channel']})",
        threshold=f"{_plain(kpi.critical)}, target {_plain(kpi.target)} ({kpi.direction} is better)",
        why=kpi.why,
        mend=kpi.mend,
        owner=owner,
        sop=load_sops()[kpi.sop].link,
        deputy=deputy,
        rows=shown[:ROWS_SHOWN],
        failing_count=len(shown),
    )
    ledger.record_alert(
        Alert(
            alert_key=f"expectation/{name}/{night.business_date}",
            kind="expectation.failed",
            about=f"expectation/{name}",
            business_date=night.business_date,
            station=kpi.station,
            severity="high",
            owner=owner,
            deputy=deputy,
            sent_to=answers,
            subject=alert_subject(failure),
            body=alert_body(failure),
            due_at=night.moment + ANSWER_WITHIN,
        ),
        at=night.moment,
    )
    ledger.open_review(
        kpi.sop,
        f"expectation/{name}",
        reason=f"{kpi.title} failed on {night.business_date}",
        evidence=f"observed {failure.observed}, critical limit {failure.threshold}",
        due_at=night.moment + REVIEW_WITHIN,
        at=night.moment,
    )


def _keep(
    con: duckdb.DuckDBPyConnection, night: Night, results: Sequence[tuple[str, Outcome]]
) -> None:
    kpis = load_kpis()
    con.executemany(
        "insert into landing.expectation_results values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (night.run_id, night.moment, "KPIs", name, KPI_TABLE, kpis[name].station, outcome.severity,
             outcome.success, outcome.observed, outcome.threshold, outcome.element_count,
             outcome.unexpected_count)
            for name, outcome in results
        ],
    )  # fmt: skip


def routes(shop: Shop) -> dict[str, list[str]]:
    """Return by which webhooks each person hears; everyone has the alert files of the outbox."""
    found: dict[str, list[str]] = defaultdict(lambda: ["outbox"])
    for person in shop.people.values():
        for name in filter(None, (person.owner, person.deputy)):
            found[name] = ["outbox", *([person.webhook_env] if person.webhook_env else [])]
    return dict(found)


def _owner(night: Night, role: str) -> tuple[str, str | None, str]:
    """Return owner, deputy and who answers for a role; a role without a person is nobody's."""
    person = night.shop.people.get(role)
    if person is None:
        return "nobody", None, "nobody"
    return person.owner, person.deputy, person.answers_on(night.business_date)


def _sop_of(station: str) -> str:
    sops = load_sops()
    return sops[station].link if station in sops else ""


def _plain(value: object) -> str:
    if value is None:
        return "no data"
    text = f"{value}"
    return text.rstrip("0").rstrip(".") if "." in text else text
