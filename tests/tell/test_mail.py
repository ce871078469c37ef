"""E-mail by a real SMTP server on this machine: what arrives, and what is tried again."""

import email
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from config.errors import FatalError, RetryableError
from tasks.run.server import free_port
from tasks.tell.mail import Mailbox, Server
from tasks.tell.message import message_of

NIGHT = datetime(2026, 11, 24, 2, tzinfo=UTC)
KNOWN = LoginPassword(b"ben", b"p@ss")
MAILBOX = Mailbox("SMTP_URL", "backroom@corner.example")


def alarm(**more: Any) -> dict[str, Any]:
    fields = {
        "alert_key": "expectation/on_time_ship_rate/2026-11-23",
        "kind": "expectation.failed",
        "about": "expectation/on_time_ship_rate",
        "business_date": date(2026, 11, 23),
        "station": "fulfilment",
        "severity": "high",
        "owner": "ben@corner.example",
        "sent_to": "ben@corner.example",
        "subject": "On-time shipping failed",
        "body": "Observed: 91 %\nNext step: ship",
        "opened_at": NIGHT,
    }
    return fields | more


class Inbox:
    """What an SMTP server accepted; it gives `answers` first."""

    def __init__(self) -> None:
        self.answers: list[str] = []
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: Envelope) -> str:  # noqa: N802
        if self.answers:
            return self.answers.pop(0)
        assert isinstance(envelope.content, bytes)
        content = envelope.content.replace(b"\r\n", b"\n")
        self.mails.append(email.message_from_bytes(content, policy=default))
        return "250 OK"


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    found, port = Inbox(), free_port()
    controller = Controller(
        found,
        hostname="127.0.0.1",
        port=port,
        authenticator=lambda *given: AuthResult(success=given[-1] == KNOWN, handled=False),
        auth_require_tls=False,
    )
    controller.start()
    monkeypatch.setenv("SMTP_URL", f"smtp://ben:p%40ss@127.0.0.1:{port}")
    yield found
    controller.stop()


def test_an_alert_arrives_as_plain_text(inbox: Inbox) -> None:
    message = message_of("Corner", [alarm()])
    MAILBOX.send(message)
    [mail] = inbox.mails
    assert mail.get_content_type() == "text/plain"
    assert mail["Subject"] == "Corner: On-time shipping failed"
    assert (mail["To"], mail["From"]) == ("ben@corner.example", "backroom@corner.example")
    assert mail["Message-ID"] == f"<{message.message_id}@corner.example>"
    assert mail.get_content().startswith("Observed: 91 %\nNext step: ship\nSeverity: high\n")


def test_the_same_message_again_has_the_same_id(inbox: Inbox) -> None:
    for _ in range(2):
        MAILBOX.send(message_of("Corner", [alarm()]))
    one, other = inbox.mails
    assert one["Message-ID"] == other["Message-ID"]


@pytest.mark.parametrize(
    "hostile",
    ["a\r\nBcc: all@x.example", "=?utf-8?q?=0ABcc:?=", "\u202e\x1b[2J\x00", "ж" * 200, "<script>"],
    ids=["newline", "encoded", "control", "long", "markup"],
)
def test_hostile_text_adds_no_header_and_no_markup(inbox: Inbox, hostile: str) -> None:
    MAILBOX.send(message_of(hostile, [alarm(subject=hostile, body=f"{hostile}\n.\n{hostile}")]))
    [mail] = inbox.mails
    assert mail["Bcc"] is None
    assert [part.get_content_type() for part in mail.walk()] == ["text/plain"]
    assert not set(mail.get_content()) & {"\x1b", "\x00", "\u202e"}
    assert mail.get_content().count("\n.\n") == 1


def test_a_busy_server_is_tried_again_and_a_refusal_is_for_a_person(inbox: Inbox) -> None:
    inbox.answers = ["451 later", "554 no"]
    with pytest.raises(RetryableError, match="SMTP_URL: the mail server answered 451"):
        MAILBOX.send(message_of("Corner", [alarm()]))
    with pytest.raises(FatalError, match="answered 554"):
        MAILBOX.send(message_of("Corner", [alarm()]))


def test_a_wrong_password_is_for_a_person_and_not_shown(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_URL", os.environ["SMTP_URL"].replace("p%40ss", "hunter2"))
    with pytest.raises(FatalError, match="answered 535") as raised:
        MAILBOX.send(message_of("Corner", [alarm()]))
    assert "hunter2" not in str(raised.value)


def test_a_server_that_is_away_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMTP_URL", "smtp://127.0.0.1:1")
    with pytest.raises(RetryableError, match="did not answer"):
        MAILBOX.send(message_of("Corner", [alarm()]))


@pytest.mark.parametrize(
    "address", ["", "https://a.example", "smtp://", "smtp://a:x", "smtp://h:99999"]
)
def test_what_is_no_server_is_named_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("SMTP_URL", address)
    with pytest.raises(FatalError, match="SMTP_URL: the environment holds no SMTP server"):
        Server.of("SMTP_URL")


def test_no_password_travels_a_network_in_the_open(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server elsewhere that offers no STARTTLS is not signed in to."""
    monkeypatch.setattr(Server, "is_here", property(lambda _: False))
    with pytest.raises(FatalError, match="cannot be spoken to safely"):
        MAILBOX.send(message_of("Corner", [alarm()]))
    assert inbox.mails == []
