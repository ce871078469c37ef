"""The alert outbox: recorded first, then delivered, each route marked; and who answered."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from config.errors import FatalError
from tasks.ledger.book import Book, Change, Row
from tasks.ledger.tables import alert_deliveries, alerts
from tasks.run.wording import short_day

# How long a delivery under way keeps others from it: longer than one can take (ten steps of 10 s).
CLAIM = timedelta(minutes=2)


@dataclass(frozen=True)
class Alert:
    """One thing that one person must know, keyed by what it is about.

    `about` is the thing over time (`expectation/on_time_ship_rate`) and `alert_key` the thing on
    one day (`expectation/on_time_ship_rate/2026-11-24`). `kind` is the last part of the event's
    name: `expectation.failed` goes out as `backroom.expectation.failed`. `sent_to` is the owner,
    or the deputy while the owner is away. `due_at` is when it goes up a tier, unanswered.
    """

    alert_key: str
    kind: str
    about: str
    business_date: date
    station: str
    severity: str
    owner: str
    deputy: str | None
    sent_to: str
    subject: str
    body: str
    due_at: datetime | None = None


class Alerts(Book):
    """The alerts of one shop and their deliveries."""

    def record_alert(self, alert: Alert, *, at: datetime) -> bool:
        """Put `alert` in the outbox; whether it is new. A key already there stays as it is."""
        with self.change(at) as change:
            return _record(change, alert)

    def record_notice(self, alert: Alert, *, at: datetime) -> bool:
        """Put what only informs in the outbox, with no cause that lasts; whether it is new."""
        with self.change(at) as change:
            return _record(change, alert, recovered_at=at)

    def record_recovery(self, about: str, *, business_date: date, at: datetime) -> str | None:
        """Mark every failing alert about `about` as recovered and record one notice that says so.

        Returns the notice's key, or None where nothing was failing. The notice goes to whom the
        newest of them went.
        """
        with self.change(at) as change:
            is_failing = (alerts.c.about == about, alerts.c.recovered_at.is_(None))
            failing = change.find(alerts, *is_failing)
            if not failing:
                return None
            newest = max(failing, key=lambda row: (row["business_date"], row["opened_at"]))
            key = f"recovered/{about}/{business_date}"
            days = sorted({row["business_date"] for row in failing})
            change.set(alerts, *is_failing, recovered_at=at)
            for row in failing:
                change.note(
                    "alert recovered",
                    f"alert/{row['alert_key']}",
                    before={"recovered_at": None},
                    after={"recovered_at": at},
                    why=f"passed on {business_date}",
                )
            notice = Alert(
                alert_key=key,
                kind="expectation.recovered",
                about=about,
                business_date=business_date,
                subject=f"Recovered: {newest['subject']}",
                body=f"It passed on {short_day(business_date)}. It had failed on"
                f" {', '.join(short_day(day, business_date) for day in days)}.",
                severity="info",
                **{name: newest[name] for name in ("station", "owner", "deputy", "sent_to")},
            )
            return key if _record(change, notice, recovered_at=at) else None

    def key_of_failure(self, key: str, *, at: datetime) -> str:
        """Return the key of the alert of a failure: `key`, or where that one has recovered, one of `at`."""
        known = self.select(alerts, alerts.c.alert_key == key)
        has_recovered = bool(known) and known[0]["recovered_at"] not in (None, at)
        return f"{key}/{at:%Y-%m-%dT%H%M%S}" if has_recovered else key

    def failing_since(self, about: str) -> date | None:
        """Return the first business date of the failure about `about` that lasts; None where none does."""
        failing = self.select(alerts, alerts.c.about == about, alerts.c.recovered_at.is_(None))
        return min((row["business_date"] for row in failing), default=None)

    def end_alerts(self, about: str, *, why: str, at: datetime) -> int:
        """Mark every failing alert about `about` as recovered, without a notice; return how many."""
        with self.change(at) as change:
            is_failing = (alerts.c.about == about, alerts.c.recovered_at.is_(None))
            failing = change.find(alerts, *is_failing)
            if failing:
                change.set(alerts, *is_failing, recovered_at=at)
            for row in failing:
                before, after = {"recovered_at": None}, {"recovered_at": at}
                subject = f"alert/{row['alert_key']}"
                change.note("alert ended", subject, before=before, after=after, why=why)
        return len(failing)

    def acknowledge_alert(self, alert_key: str, *, who: str, why: str, at: datetime) -> bool:
        """Record that a person has seen an alert; whether they are the first.

        Raises:
            FatalError: there is no such alert, or `who` is empty.
        """
        with self.change(at, who) as change:
            known = change.find(alerts, alerts.c.alert_key == alert_key)
            if not known:
                raise FatalError(
                    f"{self.shop} has no alert {alert_key!r}. Copy its alert_id from marts.alerts."
                )
            if known[0]["acknowledged_by"] is not None:
                return False
            seen = {"acknowledged_by": change.who, "acknowledged_at": at}
            change.set(alerts, alerts.c.alert_key == alert_key, **seen)
            subject = f"alert/{alert_key}"
            change.note("alert acknowledged", subject, before=None, after=seen, why=why)
        return True

    def pending_alerts(self) -> list[Row]:
        """Return the alerts that some route has not delivered, oldest first."""
        waiting = self.select(alerts, alerts.c.state == "recorded")
        return sorted(waiting, key=lambda row: (row["opened_at"], row["alert_key"]))

    def claim_delivery(self, alert_key: str, route: str, *, at: datetime) -> bool:
        """Take one delivery in hand; False where it is sent, or another has it in hand.

        A claim that was never answered, because its process died, lapses after `CLAIM`.
        """
        this = (alert_deliveries.c.alert_key == alert_key, alert_deliveries.c.route == route)
        with self.change(at) as change:
            known = change.find(alert_deliveries, *this)
            if not known:
                first = {"alert_key": alert_key, "route": route, "tries": 1, "claimed_at": at}
                change.add(alert_deliveries, [first])
                return True
            row = known[0]
            if row["sent_at"] is not None or _in_hand(row, at):
                return False
            change.set(alert_deliveries, *this, tries=row["tries"] + 1, claimed_at=at)
        return True

    def is_in_hand(self, alert_key: str, route: str, *, at: datetime) -> bool:
        """Return whether somebody has claimed a delivery and neither sent nor freed it yet."""
        this = (alert_deliveries.c.alert_key == alert_key, alert_deliveries.c.route == route)
        return any(_in_hand(row, at) for row in self.select(alert_deliveries, *this))

    def end_delivery(
        self, alert_key: str, route: str, *, at: datetime, error: str | None = None
    ) -> None:
        """Mark a claimed delivery as sent, or free it for another try with what went wrong."""
        this = (alert_deliveries.c.alert_key == alert_key, alert_deliveries.c.route == route)
        ended = {"sent_at": None if error else at, "error": error}
        with self.change(at) as change:
            change.set(alert_deliveries, *this, **ended, claimed_at=None)
            what = "delivery failed" if error else "alert sent"
            after = {"route": route, **ended}
            change.note(what, f"alert/{alert_key}", before=None, after=after, why=error or "")

    def settle_alert(self, alert_key: str, routes: list[str], *, at: datetime) -> bool:
        """Mark an alert as delivered once every one of `routes` is; whether it is now."""
        with self.change(at) as change:
            sent = change.find(
                alert_deliveries,
                alert_deliveries.c.alert_key == alert_key,
                alert_deliveries.c.sent_at.is_not(None),
            )
            this = (alerts.c.alert_key == alert_key, alerts.c.state == "recorded")
            if not set(routes) <= {row["route"] for row in sent} or not change.find(alerts, *this):
                return False
            change.set(alerts, *this, state="delivered")
            before, after = {"state": "recorded"}, {"state": "delivered"}
            subject = f"alert/{alert_key}"
            change.note("alert delivered", subject, before=before, after=after, why="every route")
        return True

    def unanswered_alerts(self, *, at: datetime) -> list[Row]:
        """Return the alerts past their window, neither acknowledged nor recovered: one tier up."""
        statement = (
            alerts.c.due_at <= at,
            alerts.c.acknowledged_by.is_(None),
            alerts.c.recovered_at.is_(None),
        )
        return self.select(alerts, *statement)


def _in_hand(delivery: Row, at: datetime) -> bool:
    claimed = delivery["claimed_at"]
    return delivery["sent_at"] is None and claimed is not None and at - claimed < CLAIM


def _record(change: Change, alert: Alert, **also: Any) -> bool:
    if change.find(alerts, alerts.c.alert_key == alert.alert_key):
        return False
    change.add(alerts, [asdict(alert) | {"opened_at": change.at, "state": "recorded"} | also])
    after = {"kind": alert.kind, "severity": alert.severity, "sent_to": alert.sent_to}
    subject = f"alert/{alert.alert_key}"
    change.note("alert recorded", subject, before=None, after=after, why=alert.subject)
    return True
