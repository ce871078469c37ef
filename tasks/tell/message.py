"""What goes out to one person: one alert that is urgent, or a night's others as one digest.

A message is text: no character in it steers a terminal, a mail reader or a chat.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from config.station import STATIONS
from tasks.run.wording import count, plain

URGENT = frozenset({"high", "critical"})
RANKS = {"critical": 0, "high": 1, "medium": 2, "low": 3, "info": 4}
RULE = "\n\n– – –\n\n"  # between the alerts of a digest

Alarm = Mapping[str, Any]
"""A row of the ledger's `alerts`."""


@dataclass(frozen=True)
class Message:
    """One message to one person, under an id that is the same whenever it is sent again."""

    message_id: UUID
    shop: str
    to: str
    subject: str
    body: str
    alarms: tuple[Alarm, ...]


def is_urgent(alarm: Alarm) -> bool:
    """Return whether an alert goes out at once, by itself, and in quiet hours too."""
    return alarm["severity"] in URGENT


def batches(alarms: Iterable[Alarm]) -> list[list[Alarm]]:
    """Return what goes out together: each urgent alert alone, the others of a person as one.

    The worst come first, then those of the stations that come first, then the oldest.
    """
    urgent: list[list[Alarm]] = []
    others: dict[str, list[Alarm]] = {}
    for alarm in sorted(alarms, key=_rank):
        if is_urgent(alarm):
            urgent.append([alarm])
        else:
            others.setdefault(alarm["sent_to"], []).append(alarm)
    return [*urgent, *others.values()]


def message_of(shop: str, alarms: Sequence[Alarm]) -> Message:
    """Return the message about `alarms`, which are all sent to one person; `shop` is its title."""
    keys = "\n".join(sorted(alarm["alert_key"] for alarm in alarms))
    digest = hashlib.sha256(keys.encode()).hexdigest()
    subject = alarms[0]["subject"] if len(alarms) == 1 else _digest_subject(alarms)
    return Message(
        message_id=uuid5(NAMESPACE_URL, f"backroom.message.{shop}.{digest}"),
        shop=plain(shop),
        to=alarms[0]["sent_to"],
        subject=f"{plain(shop)}: {plain(subject)}",
        body=RULE.join(text_of(alarm, with_subject=len(alarms) > 1) for alarm in alarms),
        alarms=tuple(alarms),
    )


def text_of(alarm: Alarm, *, with_subject: bool) -> str:
    """Return an alert as plain text: what it says, its severity and its id."""
    head = [plain(alarm["subject"])] if with_subject else []
    lines = [plain(line) for line in alarm["body"].splitlines()]
    return "\n".join(
        [*head, *lines, f"Severity: {alarm['severity']}", f"Alert: {plain(alarm['alert_key'])}"]
    )


def _digest_subject(alarms: Sequence[Alarm]) -> str:
    recovered = sum(alarm["kind"] == "expectation.recovered" for alarm in alarms)
    waiting = [count(len(alarms) - recovered, "alert")] if recovered < len(alarms) else []
    return " and ".join(
        [*waiting, *([count(recovered, "recovery", "recoveries")] if recovered else [])]
    )


def _rank(alarm: Alarm) -> tuple[int, int, object, str]:
    station = alarm["station"]
    place = STATIONS.index(station) if station in STATIONS else len(STATIONS)
    return RANKS.get(alarm["severity"], len(RANKS)), place, alarm["opened_at"], alarm["alert_key"]
