"""From what was found to who hears of it: exceptions, failed expectations, SOP reviews, alerts."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb

from config.expectation import Expectation
from config.kpi import Kpi, load_exceptions, load_kpis, load_sops
from tasks.checks.gate import Outcome, check
from tasks.ledger import Alert, Finding, Ledger, Synced
from tasks.rules.alert_text import Failure, alert_body, alert_subject
from tasks.run.night import Night
from tasks.warehouse.tables import fetch, rows_of

ANSWER_WITHIN = timedelta(hours=24)
REVIEW_WITHIN = timedelta(days=7)
ALWAYS_TOLD = frozenset(
    {"rejected_file", "stale_report", "missing_report"}
)  # besides what is of high severity
ROWS_SHOWN = 5
KPI_TABLE, WEEK_TABLE = "marts.kpi_daily", "marts.kpi_weekly"
DATE_OF = {KPI_TABLE: "business_date", WEEK_TABLE: "iso_week"}
STANDS_FOR = 28  # days that a channel's last verdict stands while it cannot be judged
WEEKS_JUDGED = 2  # closed weeks: a cancellation that comes a week late still counts
ESCALATED = "alert.escalated"


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
    """Open, keep and close exceptions by what checks.findings shows tonight; tell of the new ones.

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
                owner=_owner(night, known.role)[0],
                tier=known.tier,
                next_step=known.next_step,
                due_at=night.moment + timedelta(hours=known.window_hours),
            )
        )
    synced = ledger.sync_exceptions(found, set(types) - {"expectation_failed"}, at=night.moment)
    _tell_of_new(night, ledger)
    # An alert whose cases are all closed has no cause left; the cases themselves say who closed them.
    still = {row["type"] for row in ledger.rows("exceptions") if row["state"] != "closed"}
    for kind in sorted(set(types) - still):
        ledger.end_alerts(f"exception/{kind}", why="no case of it is open", at=night.moment)
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
            what=f"{len(rows)} new {kind.replace('_', ' ')} {'case' if len(rows) == 1 else 'cases'}",
            station=known.station,
            business_date=str(night.business_date),
            observed=f"{len(rows)} new",
            threshold="none",
            why=rows[0]["evidence"],
            fix=known.next_step,
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
                subject=f"{failure.what} at {known.station}, {night.business_date}",
                body=alert_body(failure),
                due_at=night.moment + timedelta(hours=known.window_hours),
            ),
            at=night.moment,
        )


@dataclass(frozen=True)
class Verdict:
    """How one KPI stands: its outcome over the rows judged tonight, if there were any.

    Too few cases and no data are no verdict: neither passed nor failed.
    """

    kpi: str
    table: str
    outcome: Outcome
    is_judged: bool
    has_recovered: bool

    @property
    def failed(self) -> bool:
        """Whether a row of it is beyond its critical limit."""
        return not self.outcome.success

    @property
    def success(self) -> bool | None:
        """What is kept of it: whether it held, or None where nothing could be judged."""
        return self.outcome.success if self.is_judged or self.failed else None


@dataclass(frozen=True)
class Cells:
    """Which rows of a KPI are judged tonight, and which still stand for a channel that is not."""

    tonight: str
    recent: str


def check_kpis(con: duckdb.DuckDBPyConnection, night: Night, ledger: Ledger) -> list[Verdict]:
    """Hold every KPI to its critical limit; a failing one alerts its owner and opens a review.

    A KPI of closed days is judged on the day that closed, one that tells of now tonight; each also
    by its last closed weeks, in which a late cancellation still counts. One alert per KPI and day,
    or week, under that day's date; when it is judged and holds again, one notice says so.
    """
    kpis = load_kpis()
    days = {name: _judged_day(night, kpi) for name, kpi in kpis.items()}
    daily = {
        name: Cells(
            tonight=f"business_date = date '{day}'",
            recent=f"business_date between date '{day}' - {STANDS_FOR} and date '{day}'",
        )
        for name, day in days.items()
    }
    verdicts = _judge(con, KPI_TABLE, "KPIs", daily)
    for verdict in verdicts:
        about = f"expectation/{verdict.kpi}"
        if verdict.failed:
            _tell_of_failed(con, night, ledger, verdict.kpi, days[verdict.kpi])
        elif verdict.has_recovered:
            ledger.record_recovery(about, business_date=night.business_date, at=night.moment)
    weeks = _closed_weeks(night.business_date)
    closed = f"is_closed and iso_week in ({', '.join(map(repr, weeks))})"
    weekly = _judge(
        con,
        WEEK_TABLE,
        "KPIs by week",
        {name: Cells(closed, closed) for name, kpi in kpis.items() if kpi.judged == "day"},
    )
    for verdict in weekly:
        about = f"expectation/{verdict.kpi}/week"
        if verdict.failed:
            for week, sunday in weeks.items():
                _tell_of_failed(con, night, ledger, verdict.kpi, sunday, week)
        elif verdict.has_recovered:
            ledger.record_recovery(about, business_date=night.business_date, at=night.moment)
    _keep(con, night, [*verdicts, *weekly])
    return [*verdicts, *weekly]


def _judged_day(night: Night, kpi: Kpi) -> date:
    """Return the day whose row is judged tonight: the last that closed, or tonight's state."""
    return night.business_date - timedelta(days=1 if kpi.judged == "day" else 0)


def _closed_weeks(today: date) -> dict[str, date]:
    """Return the last closed ISO weeks as the marts name them, each with its Sunday, newest first."""
    last = today - timedelta(days=today.isoweekday())
    sundays = [last - timedelta(weeks=back) for back in range(WEEKS_JUDGED)]
    return {f"{day.isocalendar().year}-W{day.isocalendar().week:02}": day for day in sundays}


def _judge(
    con: duckdb.DuckDBPyConnection, table: str, suite: str, cells: Mapping[str, Cells]
) -> list[Verdict]:
    """Return the verdict on each KPI by its rows of `table`."""
    kpis = load_kpis()
    expectations = [
        Expectation(
            reason=name,
            fails_where=f"kpi = '{name}' and {those.tonight} and status = 'critical'",
            why=kpis[name].why,
            fix=kpis[name].fix,
        )
        for name, those in cells.items()
    ]
    outcomes = check(con, table, suite, expectations)
    verdicts = []
    for (name, those), outcome in zip(cells.items(), outcomes, strict=True):
        whole_shop, still_failing = con.execute(
            f"""
            select
                coalesce(bool_or(channel = 'all' and {those.tonight}), false),
                -- A channel that cannot be judged tonight stands by its last verdict.
                coalesce(bool_or(last_status = 'critical'), false)
            from (
                select *, last_value(status) over (
                    partition by channel order by {DATE_OF[table]}
                    rows between unbounded preceding and unbounded following
                ) as last_status
                from {table}
                where kpi = ? and {those.recent} and status not in ('no_data', 'too_few')
            )
            """,
            [name],
        ).fetchall()[0]
        verdicts.append(
            Verdict(
                kpi=name,
                table=table,
                outcome=outcome,
                is_judged=whole_shop,
                has_recovered=whole_shop and not still_failing,
            )
        )
    return verdicts


def _tell_of_failed(
    con: duckdb.DuckDBPyConnection,
    night: Night,
    ledger: Ledger,
    name: str,
    day: date,
    week: str | None = None,
) -> None:
    """Alert the owner of a KPI about one day, or one week, and ask for a review of its SOP."""
    kpi = load_kpis()[name]
    table, column = (WEEK_TABLE, "iso_week") if week else (KPI_TABLE, "business_date")
    columns = ("channel", "value", "n", "judged_value", "judged_n", "judged_days", "target")
    rows = rows_of(
        con,
        f"select {', '.join(columns)}, reason from {table}"
        f" where kpi = ? and {column} = ? and status = 'critical'"
        " order by channel = 'all' desc, channel",
        [name, week or day],
    )
    if not rows:
        return
    shown = [{column: _plain(row[column]) for column in columns} for row in rows]
    worst = shown[0]
    when = week or str(day)
    owner, deputy, answers = _owner(night, kpi.role)
    over = (
        f", over {worst['judged_days']} days"
        if worst["judged_days"] not in ("1", "no data")
        else ""
    )
    failure = Failure(
        what=kpi.title,
        station=kpi.station,
        business_date=when,
        observed=f"{worst['judged_value']} ({worst['channel']}, of {worst['judged_n']} cases{over})",
        threshold=f"{_plain(kpi.critical)}, target {worst['target']} ({kpi.direction} is better)",
        why=kpi.why,
        fix=kpi.fix,
        owner=owner,
        sop=load_sops()[kpi.sop].link,
        deputy=deputy,
        lacks=rows[0]["reason"] or "",
        rows=shown[:ROWS_SHOWN],
        failing_count=len(shown),
    )
    ledger.record_alert(
        Alert(
            alert_key=f"expectation/{name}/{when}",
            kind="expectation.failed",
            about=f"expectation/{name}/week" if week else f"expectation/{name}",
            business_date=day,
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
    ledger.open_review_of_failure(
        kpi.sop,
        f"expectation/{name}",
        failed_on=day,
        reason=f"{kpi.title} failed on {when}",
        evidence=f"observed {failure.observed}, critical limit {failure.threshold}",
        due_at=night.moment + REVIEW_WITHIN,
        at=night.moment,
    )


def _keep(con: duckdb.DuckDBPyConnection, night: Night, verdicts: Sequence[Verdict]) -> None:
    kpis = load_kpis()
    con.executemany(
        "insert into landing.expectation_results values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (night.run_id, night.moment, "KPIs" if v.table == KPI_TABLE else "KPIs by week", v.kpi, v.table,
             kpis[v.kpi].station, v.outcome.severity, v.success,
             v.outcome.observed if v.success is not None else "nothing to judge: too few cases, or no data",
             v.outcome.threshold, v.outcome.element_count, v.outcome.unexpected_count)
            for v in verdicts
        ],
    )  # fmt: skip


def escalate(night: Night, ledger: Ledger) -> int:
    """Send every alert that nobody answered in its window one tier up; return how many went.

    The ladder: whom it went to, then the deputy, then who answers for the whole shop (the role
    `owner`, else `operations`). Each step has a window of its own; an answer to any step is an
    answer, and at the top the alert stays with whom it reached.
    """
    unanswered = ledger.unanswered_alerts(at=night.moment)
    every = ledger.rows("alerts")
    raised = 0
    for alarm in unanswered:
        if alarm["kind"] == ESCALATED:
            continue
        steps = [row for row in every if row["alert_key"].startswith(f"{alarm['alert_key']}/tier/")]
        if any(row["acknowledged_by"] or row["due_at"] > night.moment for row in steps):
            continue
        told = {alarm["sent_to"], *(row["sent_to"] for row in steps)}
        higher = next((who for who in _ladder(night, alarm) if who not in told), None)
        if higher is None:
            continue
        since = f"{alarm['opened_at']:%Y-%m-%d %H:%M} UTC"
        raised += ledger.record_alert(
            Alert(
                alert_key=f"{alarm['alert_key']}/tier/{len(steps) + 1}",
                kind=ESCALATED,
                about=alarm["about"],
                business_date=night.business_date,
                station=alarm["station"],
                severity=alarm["severity"],
                owner=alarm["owner"],
                deputy=alarm["deputy"],
                sent_to=higher,
                subject=f"Unanswered: {alarm['subject']}",
                body=f"Nobody acknowledged this since {since}; it went to {', '.join(sorted(told))}."
                f"\n\n{alarm['body']}",
                due_at=night.moment + ANSWER_WITHIN,
            ),
            at=night.moment,
        )
    return raised


def _ladder(night: Night, alarm: Mapping[str, Any]) -> list[str]:
    people = night.shop.people
    top = people.get("owner") or people.get("operations")
    those = [alarm["owner"], alarm["deputy"], *([top.owner, top.deputy] if top else [])]
    return [who for who in those if who]


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
