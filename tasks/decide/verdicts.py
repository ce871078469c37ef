"""KPIs held to their limits: verdicts, the alerts of those that fail, reviews of their SOPs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import duckdb

from config.expectation import Expectation
from config.kpi import Kpi, load_kpis, load_sops
from tasks.checks.gate import Outcome, check
from tasks.decide.escalation import ANSWER_WITHIN
from tasks.decide.people import responsible
from tasks.ledger import Alert, Ledger
from tasks.rules.alert_text import Failure, alert_body, alert_subject
from tasks.rules.kpi_rows import filled, first_judged, of_channel
from tasks.run.night import Night
from tasks.run.wording import count, figure, short_day, words
from tasks.warehouse.tables import rows_of

REVIEW_WITHIN = timedelta(days=7)
ROWS_SHOWN = 5
FAILED, REMINDED = "expectation.failed", "expectation.still_failing"
KPI_TABLE, WEEK_TABLE = "marts.kpi_daily", "marts.kpi_weekly"
DATE_OF = {KPI_TABLE: "business_date", WEEK_TABLE: "iso_week"}
# A frozen week is judged as the files say today: a cancellation that comes late still counts.
STATUS_OF = {KPI_TABLE: "status", WEEK_TABLE: "current_status"}
HOLDS_FOR = 28  # days that a channel's last verdict holds while it cannot be judged
WEEKS_JUDGED = 2  # closed weeks: a cancellation that comes a week late still counts


@dataclass(frozen=True)
class Verdict:
    """The state of one KPI: its outcome over the rows judged tonight, if there were any.

    Too few cases and no data are no verdict: neither passed nor failed.
    """

    kpi: str
    table: str
    outcome: Outcome
    is_judged: bool
    has_recovered: bool
    rows: Sequence[Mapping[str, Any]]  # what was judged, failing rows first

    def observed(self, currency: str) -> str:
        """Return the figures of the failing rows, else that of the whole shop, with their cases."""
        kpi = load_kpis()[self.kpi]
        if self.success is None or not self.rows:
            return "nothing to judge: too few cases, or no data"
        failing = [row for row in self.rows if row["status"] == "critical"]
        shown = [_observed(row, kpi, currency) for row in (failing or self.rows[:1])[:ROWS_SHOWN]]
        rest = f" and {len(failing) - ROWS_SHOWN} more" if len(failing) > ROWS_SHOWN else ""
        return "; ".join(shown) + rest

    def threshold(self, currency: str) -> str:
        """Return the limit that it is held to, and what it should be."""
        kpi = load_kpis()[self.kpi]
        target = self.rows[0]["target"] if self.rows else kpi.target
        return (
            f"critical from {figure(kpi.critical, kpi.unit, currency)},"
            f" target {figure(target, kpi.unit, currency)}"
        )

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
    """Which rows of a KPI are judged tonight, and which verdicts still hold for a channel that is not."""

    tonight: str
    recent: str


def check_kpis(con: duckdb.DuckDBPyConnection, night: Night, ledger: Ledger) -> list[Verdict]:
    """Hold every KPI to its critical limit; a failing one alerts its owner and opens a review.

    A KPI of closed days is judged on the last day that its reports cover, one of the present moment
    tonight; each also by its last closed weeks, in which a late cancellation still counts. One alert
    per KPI and day, or week, under that day's date; when it is judged and holds again, one notice says so.
    """
    kpis = load_kpis()
    last = Cells(
        tonight="business_date = last_judged_date",
        recent=f"business_date between last_judged_date - {HOLDS_FOR} and last_judged_date",
    )
    verdicts = _judge(con, KPI_TABLE, "KPIs", dict.fromkeys(kpis, last))
    for verdict in verdicts:
        about = f"expectation/{verdict.kpi}"
        if verdict.failed:
            for day in _failed_days(con, verdict.kpi, last):
                _alert_failed_kpi(con, night, ledger, verdict.kpi, day)
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
            for week, sunday in reversed(weeks.items()):
                _alert_failed_kpi(con, night, ledger, verdict.kpi, sunday, week)
        elif verdict.has_recovered:
            ledger.record_recovery(about, business_date=night.business_date, at=night.moment)
    _keep(con, night, [*verdicts, *weekly])
    return [*verdicts, *weekly]


def _failed_days(con: duckdb.DuckDBPyConnection, kpi: str, cells: Cells) -> list[date]:
    """Return the days of its failing rows: reports of two channels may cover one more day than the other's."""
    found = con.execute(
        f"select distinct business_date from {KPI_TABLE} where kpi = ? and {cells.tonight}"
        " and status = 'critical' order by 1",
        [kpi],
    ).fetchall()
    return [day for (day,) in found]


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
            fails_where=f"kpi = '{name}' and {those.tonight} and {STATUS_OF[table]} = 'critical'",
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
                -- A channel that cannot be judged tonight keeps its last verdict.
                coalesce(bool_or(last_status = 'critical'), false)
            from (
                select *, last_value({STATUS_OF[table]}) over (
                    partition by channel order by {DATE_OF[table]}
                    rows between unbounded preceding and unbounded following
                ) as last_status
                from {table}
                where kpi = ? and {those.recent} and {STATUS_OF[table]} not in ('no_data', 'too_few')
            )
            """,
            [name],
        ).fetchall()[0]
        rows = rows_of(
            con,
            f"select channel, judged_value, judged_n, judged_days, target, {STATUS_OF[table]} as status"
            f" from {table} where kpi = ? and {those.tonight} and {STATUS_OF[table]} not in"
            f" ('no_data', 'too_few') order by status = 'critical' desc, channel = 'all' desc,"
            f" {DATE_OF[table]} desc, channel",
            [name],
        )
        verdicts.append(
            Verdict(
                kpi=name,
                table=table,
                outcome=outcome,
                is_judged=whole_shop,
                has_recovered=whole_shop and not still_failing,
                rows=rows,
            )
        )
    return verdicts


def _alert_failed_kpi(
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
    columns = ("channel", "judged_value", "judged_n", "judged_days", "target")
    rows = rows_of(
        con,
        f"select {', '.join(columns)}, reason from {table}"
        f" where kpi = ? and {column} = ? and {STATUS_OF[table]} = 'critical'"
        " order by channel = 'all' desc, channel",
        [name, week or day],
    )
    if not rows:
        return
    about = f"expectation/{name}/week" if week else f"expectation/{name}"
    when = f"week to {short_day(day)}" if week else short_day(day)
    key, first = f"expectation/{name}/{week or day}", ledger.failing_since(about)
    is_reminder = first is not None and first < day
    who = responsible(night, kpi.role)
    found = _failing_rows(con, night, kpi, rows[0], day)
    failure = Failure(
        what=f"{kpi.title}{_of_channel(rows[0])}",
        station=kpi.station,
        day=when,
        observed="; ".join(_observed(row, kpi, night.shop.currency) for row in rows),
        threshold=f"{figure(kpi.critical, kpi.unit, night.shop.currency)}, target"
        f" {figure(rows[0]['target'], kpi.unit, night.shop.currency)} ({kpi.direction} is better)",
        why=kpi.why,
        fix=kpi.fix,
        owner=who.owner,
        sop=load_sops()[kpi.sop].link,
        deputy=who.deputy,
        channel=_channel(rows[0]),
        since=short_day(first, day) if is_reminder else "",
        lacks=rows[0]["reason"] or "",
        rows=found[:ROWS_SHOWN],
        failing_count=len(found),
    )
    ledger.record_alert(
        Alert(
            # What passed in between, and fails again as another file came, is a failure of its own.
            alert_key=key if first else ledger.key_of_failure(key, at=night.moment),
            kind=REMINDED if is_reminder else FAILED,
            about=about,
            business_date=day,
            station=kpi.station,
            # What lasts, and what was a week, can wait for the morning's one message.
            severity="medium" if is_reminder or week else "high",
            owner=who.owner,
            deputy=who.deputy,
            sent_to=who.answers,
            subject=alert_subject(failure),
            body=alert_body(failure),
            # One ladder for one failure: the reminders of it climb none of their own.
            due_at=None if is_reminder else night.moment + ANSWER_WITHIN,
        ),
        at=night.moment,
    )
    ledger.open_review_of_failure(
        kpi.sop,
        f"expectation/{name}",
        failed_on=day,
        reason=f"{kpi.title}{_of_channel(rows[0])} failed on {week or day}",
        evidence=f"observed {failure.observed}, critical limit {failure.threshold}",
        due_at=night.moment + REVIEW_WITHIN,
        at=night.moment,
    )


def _observed(row: Mapping[str, Any], kpi: Kpi, currency: str) -> str:
    """Return what was judged, in its unit, and of how many cases."""
    over = "" if row["judged_days"] in (1, None) else f", over {row['judged_days']} days"
    value = figure(row["judged_value"], kpi.unit, currency)
    return f"{value} ({_channel(row)}, of {count(row['judged_n'], 'case')}{over})"


def _channel(row: Mapping[str, Any]) -> str:
    return "all channels" if row["channel"] == "all" else str(row["channel"])


def _of_channel(row: Mapping[str, Any]) -> str:
    return "" if row["channel"] == "all" else f" of {row['channel']}"


def _failing_rows(
    con: duckdb.DuckDBPyConnection,
    night: Night,
    kpi: Kpi,
    judged: Mapping[str, Any],
    to_date: date,
) -> list[dict[str, object]]:
    """Return what counts against the figure that was judged, the worst first, as an alert shows it."""
    select = filled(
        kpi.rows,
        from_date=first_judged(to_date, judged["judged_days"]),
        to_date=to_date,
        timezone=night.shop.timezone,
        as_of=night.moment,
    )
    rows = rows_of(con, select)
    if judged["channel"] != "all" and rows and "channel" in rows[0]:
        rows = rows_of(con, of_channel(select, judged["channel"]))
    zone = night.shop.zone
    return [
        {
            words(name): f"{value.astimezone(zone):%Y-%m-%d %H:%M}"
            if isinstance(value, datetime)
            else value
            for name, value in row.items()
            if value not in (None, "")
        }
        for row in rows
    ]


def _keep(con: duckdb.DuckDBPyConnection, night: Night, verdicts: Sequence[Verdict]) -> None:
    kpis = load_kpis()
    con.executemany(
        "insert into landing.expectation_results values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (night.run_id, night.moment, "KPIs" if v.table == KPI_TABLE else "KPIs by week", v.kpi, v.table,
             kpis[v.kpi].station, v.outcome.severity, v.success,
             v.observed(night.shop.currency), v.threshold(night.shop.currency), v.outcome.element_count,
             v.outcome.unexpected_count)
            for v in verdicts
        ],
    )  # fmt: skip
