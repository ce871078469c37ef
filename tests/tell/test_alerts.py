"""The outbox delivers each alert to each route, whatever the receivers do."""

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from config.errors import FatalError, RetryableError
from tasks.ledger import Ledger, open_ledger
from tasks.tell.delivery import deliver_pending, file_stem, slack_text
from tests.ledger.test_ledger import alert, url
from tests.postgres import postgres

__all__ = ["postgres", "url"]

NIGHT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
ROUTES = {"Ada": ["outbox", "OPS_WEBHOOK"]}
KEY = alert().alert_key


class Receiver:
    """A Slack-compatible webhook that answers with `answers` in turn, then 200, and keeps texts."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.received: list[str] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                answer = receiver.answers.pop(0) if receiver.answers else 200
                if answer == 200:
                    receiver.received.append(body["text"])
                self.send_response(answer)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Keep the test's output clean."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/services/secret"


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    webhook = Receiver()
    monkeypatch.setenv("OPS_WEBHOOK", webhook.address)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    thread = threading.Thread(target=webhook.server.serve_forever, daemon=True)
    thread.start()
    yield webhook
    webhook.server.shutdown()
    webhook.server.server_close()
    thread.join()


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    with open_ledger(url, "demo") as opened:
        opened.record_alert(alert(), at=NIGHT)
        yield opened


class House:
    """The sending side: its ledger, its folder, the events it emitted, and its clock."""

    def __init__(self, ledger: Ledger, folder: Path) -> None:
        self.ledger, self.folder, self.clock = ledger, folder, NIGHT
        self.events: list[tuple[str, UUID]] = []

    def deliver(self, routes: dict[str, list[str]] = ROUTES) -> int:
        return deliver_pending(
            self.ledger, routes, self.folder, emit=self.emit, now=lambda: self.clock
        )

    def emit(self, event: str, _: dict[str, str], payload: dict[str, Any], event_id: UUID) -> None:
        self.events.append((event, event_id))
        json.dumps(payload)

    def delivery(self, route: str) -> dict[str, Any]:
        rows = self.ledger.rows("alert_deliveries")
        return next(row for row in rows if row["route"] == route)

    @property
    def state(self) -> str:
        return str(self.ledger.rows("alerts")[0]["state"])


@pytest.fixture
def house(ledger: Ledger, tmp_path: Path) -> House:
    return House(ledger, tmp_path / "outbox")


def test_an_alert_goes_to_every_route_once(house: House, receiver: Receiver) -> None:
    assert house.deliver() == 1
    assert house.deliver() == 0
    assert receiver.received == ["*On-time ship rate failed*\nObserved: 91 %"]
    assert [event for event, _ in house.events] == ["backroom.expectation.failed"]
    files = list(house.folder.rglob("*"))
    assert [file.name for file in files if file.is_file()] == [f"{file_stem(KEY)}.md"]
    assert "Observed: 91 %" in (
        house.folder / "alerts" / "2026-11-23" / f"{file_stem(KEY)}.md"
    ).read_text(encoding="utf-8")
    assert house.state == "delivered"


@pytest.mark.parametrize("answer", [500, 503, 429])
def test_a_receiver_that_fails_and_then_works_gets_one(
    house: House, receiver: Receiver, answer: int
) -> None:
    receiver.answers = [answer]
    with pytest.raises(RetryableError, match=f"OPS_WEBHOOK: the webhook answered {answer}"):
        house.deliver()
    assert house.state == "recorded"
    assert house.deliver() == 1
    assert len(receiver.received) == len(house.events) == 1
    row = house.delivery("OPS_WEBHOOK")
    assert (row["tries"], row["error"], row["sent_at"]) == (2, None, NIGHT)


@pytest.mark.parametrize("answer", [302, 403, 404])
def test_a_receiver_that_refuses_needs_a_person_and_is_swept_up_later(
    house: House, receiver: Receiver, answer: int
) -> None:
    receiver.answers = [answer]
    with pytest.raises(FatalError, match="Make a new webhook"):
        house.deliver()
    error = house.delivery("OPS_WEBHOOK")["error"]
    assert "Make a new webhook" in error
    assert "secret" not in error
    assert house.deliver() == 1
    assert len(receiver.received) == 1


def test_a_receiver_that_is_away_may_be_tried_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("OPS_WEBHOOK", "http://127.0.0.1:1/services/secret")
    with pytest.raises(RetryableError, match="did not answer") as raised:
        house.deliver()
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("address", ["", "file:///etc/passwd", "https://a/b c"])
def test_a_webhook_that_is_no_address_is_named_and_not_shown(
    house: House, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("OPS_WEBHOOK", address)
    with pytest.raises(FatalError, match="OPS_WEBHOOK: the environment holds no") as raised:
        house.deliver()
    assert not address or address not in str(raised.value)


def test_one_alert_that_fails_does_not_hold_up_the_next(house: House, receiver: Receiver) -> None:
    later = alert(alert_key="expectation/other/2026-11-23", subject="Another")
    house.ledger.record_alert(later, at=NIGHT + timedelta(seconds=1))
    receiver.answers = [500]
    with pytest.raises(RetryableError):
        house.deliver()
    assert len(receiver.received) == 1
    assert house.deliver() == 1
    assert len(receiver.received) == 2


def test_without_a_webhook_the_file_is_the_alert(house: House) -> None:
    assert house.deliver({}) == 1
    assert house.state == "delivered"


def test_an_owner_without_routes_has_those_of_anyone(house: House, receiver: Receiver) -> None:
    assert house.deliver({"*": ["OPS_WEBHOOK"], "Bob": []}) == 1
    assert len(receiver.received) == 1


def test_a_run_that_died_before_sending_is_made_good_by_the_next(
    house: House, receiver: Receiver
) -> None:
    assert house.ledger.claim_delivery(KEY, "OPS_WEBHOOK", at=NIGHT)  # … and the process dies
    with pytest.raises(
        RetryableError, match="being delivered by another run, or by one that crashed"
    ):
        house.deliver()  # not silence: a step that may be tried again is tried again
    assert receiver.received == []
    house.clock += timedelta(minutes=2)
    assert house.deliver() == 1
    assert len(receiver.received) == len(house.events) == 1


def test_a_run_that_died_between_the_answer_and_the_mark_sends_again_under_the_same_key(
    house: House,
) -> None:
    class Killed(BaseException):
        """Stands for the kill: nothing after it runs."""

    def emit_and_die(event: str, _: Any, __: Any, event_id: UUID) -> None:
        house.events.append((event, event_id))
        raise Killed

    with pytest.raises(Killed):
        deliver_pending(house.ledger, {}, house.folder, emit=emit_and_die, now=lambda: NIGHT)
    house.clock += timedelta(minutes=2)
    assert house.deliver({}) == 1
    assert len(house.events) == 2
    assert len(set(house.events)) == 1


def test_two_runs_at_once_send_once(house: House, receiver: Receiver) -> None:
    def deliver() -> None:
        with suppress(RetryableError):
            house.deliver()

    threads = [threading.Thread(target=deliver) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(receiver.received) == len(house.events) == 1


def test_data_cannot_page_a_channel() -> None:
    assert slack_text("a", "<!channel> & co") == "*a*\n&lt;!channel&gt; &amp; co"


def test_a_key_becomes_a_file_name_of_its_own() -> None:
    stems = {file_stem(key) for key in ("a/b", "a-b", "../../a/b", "x" * 400, "x" * 401)}
    assert len(stems) == 5
    assert all("/" not in stem and len(stem) < 120 for stem in stems)
