"""The outbox delivers each alert to each route, whatever the receivers do."""

import base64
import hmac
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
from config.person import QuietHours
from config.shop import Shop
from tasks.ledger import Ledger, open_ledger
from tasks.tell.delivery import deliver_pending, file_stem
from tasks.tell.reach import Reach
from tasks.tell.webhooks import OwnWebhook, SlackWebhook, signature, slack_text
from tests.ledger.test_ledger import alert, url
from tests.postgres import postgres
from tests.small_marts import SHOP

__all__ = ["postgres", "url"]

NIGHT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
OPS = SlackWebhook("OPS_WEBHOOK")
ROUTES = {"Ada": Reach((OPS,))}
NOWHERE: dict[str, Reach] = {}
KEY = alert().alert_key
SAYS = f"*Corner: On-time ship rate failed*\nObserved: 91 %\nSeverity: critical\nAlert: {KEY}"


class Receiver:
    """A Slack-compatible webhook that answers with `answers` in turn, then 200, and keeps texts."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.received: list[str] = []
        self.raw: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                body = json.loads(raw)
                answer = receiver.answers.pop(0) if receiver.answers else 200
                if answer == 200:
                    receiver.received.append(body.get("text", ""))
                    receiver.raw.append((dict(self.headers), raw))
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


def corner(folder: Path, more: str = "") -> Shop:
    """Return the small shop, its file written in `folder`, with `more` keys."""
    file = folder / "corner.yaml"
    file.write_text(SHOP + more, encoding="utf-8")
    return Shop.read(file, name="corner")


class House:
    """The sending side: its ledger, its folder, the events it emitted, and its clock."""

    def __init__(self, ledger: Ledger, folder: Path) -> None:
        self.ledger, self.clock = ledger, NIGHT
        self.shop = corner(folder)
        self.folder = self.shop.folder.outbox
        self.events: list[tuple[str, UUID]] = []

    def deliver(self, to: dict[str, Reach] = ROUTES) -> int:
        return deliver_pending(
            self.ledger, self.shop, emit=self.emit, now=lambda: self.clock, to=to
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
def house(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setenv("BACKROOM_DATA", str(tmp_path))
    return House(ledger, tmp_path)


def test_an_alert_goes_to_every_route_once(house: House, receiver: Receiver) -> None:
    assert house.deliver() == 1
    assert house.deliver() == 0
    assert receiver.received == [SAYS]
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
    assert house.deliver(NOWHERE) == 1
    assert house.state == "delivered"


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
        deliver_pending(house.ledger, house.shop, emit=emit_and_die, now=lambda: NIGHT, to=NOWHERE)
    house.clock += timedelta(minutes=2)
    assert house.deliver(NOWHERE) == 1
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


def waits(house: House, name: str, **more: Any) -> None:
    """Record one more alert for Ada, which is not urgent."""
    fields: dict[str, Any] = {"severity": "medium", "subject": name, "body": f"About {name}"} | more
    house.ledger.record_alert(alert(alert_key=f"exception/{name}/1", **fields), at=NIGHT)


def test_what_is_urgent_goes_at_once_and_the_rest_as_one(house: House, receiver: Receiver) -> None:
    waits(house, "late", station="fulfilment")
    waits(house, "pages", station="storefront", severity="low")
    waits(house, "orders", station="orders")
    waits(house, "over", station="orders", kind="expectation.recovered", severity="info")
    assert house.deliver() == 5
    assert receiver.received[0] == SAYS
    [digest] = receiver.received[1:]
    assert digest.startswith("*Corner: 3 alerts and 1 recovery*\norders\nAbout orders\n")
    assert [
        digest.index(f"About {name}") for name in ("orders", "late", "pages", "over")
    ] == sorted(digest.index(f"About {name}") for name in ("orders", "late", "pages", "over")), (
        "the worst first, then in the order of the stations"
    )
    assert len(house.events) == 5
    assert house.deliver() == 0


def test_each_person_has_a_digest_of_their_own(house: House, receiver: Receiver) -> None:
    waits(house, "a")
    waits(house, "b", sent_to="Bob")
    house.deliver({"Ada": Reach((OPS,)), "Bob": Reach((OPS,))})
    assert len(receiver.received) == 3


def test_a_digest_whose_receiver_is_away_is_sent_whole_later(
    house: House, receiver: Receiver
) -> None:
    waits(house, "a")
    waits(house, "b")
    receiver.answers = [200, 503]
    with pytest.raises(RetryableError):
        house.deliver()
    assert len(receiver.received) == 1
    assert house.deliver() == 2
    assert "*Corner: 2 alerts*" in receiver.received[1]


def test_quiet_hours_hold_back_all_but_what_is_urgent(house: House, receiver: Receiver) -> None:
    to = {"Ada": Reach((OPS,), QuietHours(from_hour=22, to_hour=7))}
    waits(house, "a")
    assert house.deliver(to) == 1  # the urgent one, at two in the morning
    assert receiver.received == [SAYS]
    house.clock = NIGHT.replace(hour=6, minute=59)
    assert house.deliver(to) == 0
    house.clock = NIGHT.replace(hour=7)
    assert house.deliver(to) == 1
    assert "About a" in receiver.received[1]


@pytest.mark.parametrize(("hours", "quiet"), [((22, 7), {22, 23, *range(7)}), ((12, 14), {12, 13})])
def test_quiet_hours_may_span_midnight(hours: tuple[int, int], quiet: set[int]) -> None:
    held = QuietHours(from_hour=hours[0], to_hour=hours[1])
    assert {hour for hour in range(24) if held.hold_at(NIGHT.replace(hour=hour))} == quiet


def test_without_a_server_events_wait_and_nothing_is_sent_twice(
    house: House, receiver: Receiver
) -> None:
    now = lambda: house.clock  # noqa: E731
    assert deliver_pending(house.ledger, house.shop, emit=None, now=now, to=ROUTES) == 0
    assert (len(receiver.received), house.events) == (1, [])
    assert house.deliver() == 1
    assert (len(receiver.received), len(house.events)) == (1, 1)


SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_a_signature_is_that_of_the_standard() -> None:
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    assert signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}') == (
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_an_own_receiver_can_check_who_sent_it_and_knows_a_second_one(
    house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", SECRET)
    receiver.answers = [500]
    to = {"Ada": Reach((OwnWebhook("OPS_WEBHOOK", "SECRET"),))}
    with pytest.raises(RetryableError):
        house.deliver(to)
    assert house.deliver(to) == 1
    [(headers, body)] = receiver.raw
    found = {name.lower(): value for name, value in headers.items()}
    signed = f"{found['webhook-id']}.{found['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    mine = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    assert found["webhook-signature"] == f"v1,{mine}"
    assert json.loads(body)["alerts"][0]["alert_key"] == KEY
    assert house.delivery("signed OPS_WEBHOOK")["tries"] == 2


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_not base64", "whsec_YWJj"])
def test_a_webhook_without_a_secret_is_not_called(
    house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    monkeypatch.setenv("SECRET", secret)
    with pytest.raises(FatalError, match="SECRET: the environment holds no secret"):
        house.deliver({"Ada": Reach((OwnWebhook("OPS_WEBHOOK", "SECRET"),))})
    assert receiver.raw == []


def test_data_cannot_page_a_channel() -> None:
    assert slack_text("a", "<!channel> & co") == "*a*\n&lt;!channel&gt; &amp; co"
    assert "@all" not in slack_text("a", "@all @here (@channel) @Everyone")
    assert "ben@all.example" in slack_text("a", "ben@all.example"), "an address is none"
    assert len(slack_text("a", "&" * 100_000)) < 200_000


def test_a_key_becomes_a_file_name_of_its_own() -> None:
    stems = {file_stem(key) for key in ("a/b", "a-b", "../../a/b", "x" * 400, "x" * 401)}
    assert len(stems) == 5
    assert all("/" not in stem and len(stem) < 120 for stem in stems)
