"""Deliver what the ledger's outbox holds: a file and an event for each alert, then the webhooks.

An alert is recorded before anything is sent and marked after: each route gets it at least once
under one key, and exactly once unless the process dies between the receiver's 200 and our mark.
"""

import hashlib
import json
import os
import re
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from uuid import NAMESPACE_URL, UUID, uuid5

from config.errors import FatalError, RetryableError
from config.shop import Shop
from tasks.ledger import Ledger
from tasks.run.whole_file import write_whole

TIMEOUT_SECONDS = 10
WAITING_MAY_HELP = {408, 425, 429}  # and every 5xx
ANYONE = "*"  # the routes of an owner who has none of their own
FILE, EVENT = "outbox", "event"

Routes = Mapping[str, Sequence[str]]
"""Owner -> `outbox`, or names of environment variables that hold Slack-compatible webhooks."""

Emit = Callable[[str, dict[str, str], dict[str, Any], UUID], None]
"""Called with the event's name, its resource, its payload and an id that is always the same."""

Alarm = Mapping[str, Any]  # a row of the ledger's `alerts`


def emit_to_prefect(
    event: str, resource: dict[str, str], payload: dict[str, Any], event_id: UUID
) -> None:
    """Emit a Prefect event; the server keeps one of each id."""
    from prefect.events import emit_event  # seconds to import, and not every caller has a server

    emit_event(event, resource=resource, payload=payload, id=event_id)


def deliver_pending(
    ledger: Ledger,
    routes: Routes,
    outbox: Path,
    *,
    emit: Emit = emit_to_prefect,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> int:
    """Deliver every alert still in the outbox, leftovers of earlier runs too; return how many.

    Each alert becomes a file under `outbox/alerts/<business date>/` and a Prefect event, then
    goes to the webhooks of the person it is sent to. What fails stays in the outbox with its
    error, and does not hold up the others.

    Raises:
        RetryableError: a receiver was away or busy, or another run has a delivery in hand, which
            it may have died with; call again.
        FatalError: a receiver refused, or a webhook is not set; a person has to act first.
    """
    later: list[str] = []
    never: list[str] = []
    delivered = 0
    for alarm in ledger.pending_alerts():
        key = alarm["alert_key"]
        webhooks = [name for name in _routes_of(alarm, routes) if name != FILE]
        senders: dict[str, Callable[[], object]] = {
            FILE: partial(write_alert, outbox, alarm),
            EVENT: partial(_emit, emit, ledger.shop, alarm),
            **{name: partial(post, name, alarm) for name in webhooks},
        }
        for route, send in senders.items():
            if not ledger.claim_delivery(key, route, at=now()):
                if ledger.is_in_hand(key, route, at=now()):
                    later.append(
                        f"{key}: {route} is being delivered by another run, or by one that crashed"
                    )
                continue
            try:
                send()
            except (RetryableError, FatalError) as error:
                ledger.end_delivery(key, route, at=now(), error=str(error))
                (later if isinstance(error, RetryableError) else never).append(f"{key}: {error}")
            else:
                ledger.end_delivery(key, route, at=now())
        delivered += ledger.settle_alert(key, list(senders), at=now())
    if later:
        raise RetryableError("Alerts are left in the outbox:\n" + "\n".join(later + never))
    if never:
        raise FatalError("Alerts are left in the outbox:\n" + "\n".join(never))
    return delivered


def write_alert(outbox: Path, alarm: Alarm) -> Path:
    """Write an alert as a readable file, whole or not at all; return its path."""
    folder = outbox / "alerts" / str(alarm["business_date"])
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{file_stem(alarm['alert_key'])}.md"
    return write_whole(
        path,
        f"# {alarm['subject']}\n\nTo: {alarm['sent_to']} · severity: {alarm['severity']} · "
        f"station: {alarm['station']}\nKey: {alarm['alert_key']}\n\n{alarm['body']}\n",
    )


def file_stem(alert_key: str) -> str:
    """Return a file name for a key: readable, short, and no two keys alike."""
    words = re.sub(r"[^A-Za-z0-9._]+", "-", alert_key).strip(".-")[:100]
    return f"{words}-{hashlib.sha256(alert_key.encode()).hexdigest()[:8]}"


def post(variable: str, alarm: Alarm) -> None:
    """Post an alert to the Slack-compatible webhook that an environment variable holds.

    Raises:
        RetryableError: it answered 5xx, 408, 425 or 429, or not within ten seconds, or not at all.
        FatalError: the variable holds no address, or the webhook refused. No error shows the
            address: it is a secret.
    """
    address = os.environ.get(variable, "").strip()
    if not re.fullmatch(r"https?://[^\s\x00-\x1f\x7f]+", address):
        raise FatalError(
            f"{variable}: the environment holds no http(s) address of that name. Set it where the "
            "worker runs, or take the name out of `alerts` in the shop's file."
        )
    request = urllib.request.Request(  # noqa: S310 - the scheme was checked above
        address,
        json.dumps({"text": slack_text(alarm["subject"], alarm["body"])}).encode(),
        {"Content-Type": "application/json", "User-Agent": "backroom"},
    )
    try:
        with _opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
            answer.read()
    except HTTPError as error:
        with error:
            code = error.code
        if code >= 500 or code in WAITING_MAY_HELP:
            raise RetryableError(f"{variable}: the webhook answered {code}; try again.") from None
        raise FatalError(
            f"{variable}: the webhook answered {code}, and trying again would not help. Make"
            " a new webhook and set its address in that environment variable."
        ) from None
    except (OSError, HTTPException) as error:
        raise RetryableError(
            f"{variable}: the webhook did not answer ({type(error).__name__}); try again."
        ) from None


def slack_text(subject: str, body: str) -> str:
    """Return the message, its `&`, `<` and `>` escaped: no row of data may page a channel."""
    text = f"*{subject}*\n{body}"
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _routes_of(alarm: Alarm, routes: Routes) -> Sequence[str]:
    return routes.get(alarm["sent_to"], routes.get(ANYONE, ()))


def _emit(emit: Emit, shop: str, alarm: Alarm) -> None:
    name = f"backroom.alert.{shop}.{alarm['alert_key']}"
    resource = {"prefect.resource.id": name, "prefect.resource.name": alarm["subject"]}
    fields = ("alert_key", "about", "station", "severity", "owner", "sent_to", "subject", "body")
    payload = {"shop": shop, "business_date": str(alarm["business_date"])}
    payload |= {column: alarm[column] for column in fields}
    emit(f"backroom.{alarm['kind']}", resource, payload, uuid5(NAMESPACE_URL, name))


class _Staying(urllib.request.HTTPRedirectHandler):
    """Refuses redirects: following one would turn the POST into a GET and call it delivered."""

    def redirect_request(self, *_: object) -> None:
        """Follow nothing: the answer stays the 3xx that it is."""


_opener = urllib.request.build_opener(_Staying)


def routes(shop: Shop) -> dict[str, list[str]]:
    """Return by which webhooks each person hears; everyone has the alert files of the outbox.

    A person hears by the webhooks of every role that is theirs; a deputy who owns none, by those
    of the roles they stand in for.
    """
    own: dict[str, list[str]] = defaultdict(list)
    lent: dict[str, list[str]] = defaultdict(list)
    for person in shop.people.values():
        for found, name in ((own, person.owner), (lent, person.deputy)):
            if name and person.webhook_env not in found[name]:
                found[name] += [person.webhook_env] if person.webhook_env else []
    return {name: ["outbox", *(own[name] or lent[name])] for name in {*own, *lent}}
