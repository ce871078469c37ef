"""Deliver what the ledger's outbox holds: a file and an event for each alert, then the messages.

An alert is recorded before anything is sent and marked after: each route gets it at least once
under one id, and exactly once unless the process dies between the receiver's answer and our mark.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from config.errors import FatalError, RetryableError
from config.shop import Shop
from tasks.ledger import Ledger
from tasks.run.whole_file import write_whole
from tasks.run.wording import markdown, words
from tasks.tell.message import Alarm, batches, is_urgent, message_of, text_of
from tasks.tell.reach import NOBODY, Reaches, Way, reaches

FILE, EVENT = "outbox", "event"

Emit = Callable[[str, dict[str, str], dict[str, Any], UUID], None]
"""Called with the event's name, its resource, its payload and an id that is always the same."""


def emit_to_prefect(
    event: str, resource: dict[str, str], payload: dict[str, Any], event_id: UUID
) -> None:
    """Emit a Prefect event; the server keeps one of each id."""
    from prefect.events import emit_event  # seconds to import, and not every caller has a server

    emit_event(event, resource=resource, payload=payload, id=event_id)


@dataclass
class _Attempts:
    """Deliveries one after another, each claimed before it is made; what went wrong is collected."""

    ledger: Ledger
    now: Callable[[], datetime]
    later: list[str] = field(default_factory=list)
    never: list[str] = field(default_factory=list)

    def make(
        self, alarms: Sequence[Alarm], route: str, send: Callable[[Sequence[Alarm]], object]
    ) -> None:
        """Send those of `alarms` together that this route has not had, and mark each of them."""
        ledger, claimed = self.ledger, []
        for alarm in alarms:
            key = alarm["alert_key"]
            if ledger.claim_delivery(key, route, at=self.now()):
                claimed.append(alarm)
            elif ledger.is_in_hand(key, route, at=self.now()):
                self.later.append(
                    f"{key}: {route} is being delivered by another run, or by one that crashed"
                )
        if not claimed:
            return
        error = None
        try:
            send(claimed)
        except (RetryableError, FatalError) as raised:
            error = str(raised)
            faults = self.later if isinstance(raised, RetryableError) else self.never
            faults += [f"{alarm['alert_key']}: {raised}" for alarm in claimed]
        for alarm in claimed:
            ledger.end_delivery(alarm["alert_key"], route, at=self.now(), error=error)


def deliver_pending(
    ledger: Ledger,
    shop: Shop,
    *,
    emit: Emit | None = emit_to_prefect,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    to: Reaches | None = None,
) -> int:
    """Deliver every alert still in the outbox, leftovers of earlier runs too; return how many.

    Each alert becomes a file under `outbox/alerts/<business date>/` and a Prefect event. What is
    urgent goes to its person at once, each by itself; the rest goes to them as one message, outside
    their quiet hours. What fails stays in the outbox with its error, and does not hold up the
    others. Without `emit` the events wait for a run that has a server. `to` stands in for the ways
    that the shop file names.

    Raises:
        RetryableError: a receiver was away or busy, or another run has a delivery in hand, which
            it may have died with; call again.
        FatalError: a receiver refused, or what it needs is not set; a person has to act first.
    """
    attempts = _Attempts(ledger, now)
    people = reaches(shop) if to is None else to
    pending = ledger.pending_alerts()
    for alarm in pending:
        attempts.make([alarm], FILE, partial(_write, shop.folder.outbox, shop.title))
        if emit is not None:
            attempts.make([alarm], EVENT, partial(_emit, emit, ledger.shop))
    for batch in batches(pending):
        reach = people.get(batch[0]["sent_to"], NOBODY)
        if not is_urgent(batch[0]) and reach.is_quiet(now(), shop.zone):
            continue
        for way in reach.ways:
            attempts.make(batch, way.name, partial(_send, way, shop.title))
    delivered = 0
    for alarm in pending:
        ways = [way.name for way in people.get(alarm["sent_to"], NOBODY).ways]
        delivered += ledger.settle_alert(alarm["alert_key"], [FILE, EVENT, *ways], at=now())
    if attempts.later:
        raise RetryableError(_left(attempts.later + attempts.never))
    if attempts.never:
        raise FatalError(_left(attempts.never))
    return delivered


def _left(faults: Sequence[str]) -> str:
    return "\n".join(["Alerts are left in the outbox:", *faults])


def _send(way: Way, shop: str, alarms: Sequence[Alarm]) -> None:
    way.send(message_of(shop, alarms))


def _write(outbox: Path, shop: str, alarms: Sequence[Alarm]) -> None:
    for alarm in alarms:
        write_alert(outbox, shop, alarm)


def write_alert(outbox: Path, shop: str, alarm: Alarm) -> Path:
    """Write an alert as a readable file, whole or not at all; return its path.

    Its text is indented, so that a reader of Markdown shows it letter by letter.
    """
    folder = outbox / "alerts" / str(alarm["business_date"])
    path = folder / f"{file_stem(alarm['alert_key'])}.md"
    text = "".join(f"    {line}\n" for line in text_of(alarm, with_subject=False).splitlines())
    head = f"{markdown(shop)}, to {markdown(alarm['sent_to'])}, {markdown(words(alarm['station']))}"
    return write_whole(path, f"# {markdown(alarm['subject'])}\n\n{head}\n\n{text}")


def file_stem(alert_key: str) -> str:
    """Return a file name for a key: readable, short, and no two keys alike."""
    words = re.sub(r"[^A-Za-z0-9._]+", "-", alert_key).strip(".-")[:100]
    return f"{words}-{hashlib.sha256(alert_key.encode()).hexdigest()[:8]}"


def _emit(emit: Emit, shop: str, alarms: Sequence[Alarm]) -> None:
    for alarm in alarms:
        name = f"backroom.alert.{shop}.{alarm['alert_key']}"
        resource = {"prefect.resource.id": name, "prefect.resource.name": alarm["subject"]}
        fields = (
            "alert_key",
            "about",
            "station",
            "severity",
            "owner",
            "sent_to",
            "subject",
            "body",
        )
        payload = {"shop": shop, "business_date": str(alarm["business_date"])}
        payload |= {column: alarm[column] for column in fields}
        emit(f"backroom.{alarm['kind']}", resource, payload, uuid5(NAMESPACE_URL, name))
