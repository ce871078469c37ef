"""Hostile text from a file reaches every surface that a person reads, and is inert on each."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP, default
from pathlib import Path

import duckdb
import pytest
from duckdb import DuckDBPyConnection
from markdown_it import MarkdownIt

from config.strict import ROOT
from tasks.outbox.push.spreadsheet import neutral
from tasks.tell.dashboard import render, write_dashboard
from tasks.tell.delivery import write_alert
from tasks.tell.mail import email_of
from tasks.tell.message import message_of
from tasks.tell.summary import as_markdown, as_text, read_summary
from tasks.tell.webhooks import slack_text
from tests.small_marts import fill
from tests.tell.test_dashboard import Page
from tests.tell.test_mail import alarm

BLNS = ROOT.parent / "shared" / "corpus" / "blns" / "blns.json"
OURS = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "[a](javascript:alert(1)) ![b](http://x.example/p.png) <http://x.example>",
    "| cell | cell |\n| --- | --- |",
    "# head\n\n```\ncode\n```\n~~~",
    "\r\nBcc: all@x.example\r\n\r\nbody",
    "=?utf-8?q?=0D=0ABcc:_all@x.example?=",
    "<!channel> <@U123> @here @all",
    "=HYPERLINK(\"http://x.example\")",
    "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1",
    "\x1b[2J\x1b]0;title\x07 \u202egnp.exe \x00",
    "\N{ZERO WIDTH SPACE}\u2028\u2029\ufeff",
    "</details></section></main><form action=//x>",
]  # fmt: skip
STRINGS = [*OURS, *(json.loads(BLNS.read_text("utf-8")) if BLNS.exists() else [])]
NOW = datetime(2026, 11, 22, 18, tzinfo=UTC)
OWN_LINK = re.compile(r"(#|station-[a-z_]+\.html|dashboard\.html)")


@pytest.fixture(scope="module")
def con() -> Iterator[DuckDBPyConnection]:
    """Yield a shop into whose tables each of the strings has found its way."""
    with duckdb.connect() as connection:
        fill(connection)
        # DuckDB keeps no NUL in a text that came from a file.
        rows = [text.replace("\x00", "") for text in STRINGS]
        for number, text in enumerate(rows):
            connection.execute(
                "insert into marts.landed_files (shop, file_id, name, reason, received_at, status)"
                " values ('corner', ?, ?, ?, ?, 'rejected')",
                [f"h{number}", text, text, NOW],
            )
            connection.execute(
                "insert into marts.exceptions (shop, exception_id, type, station, severity, tier,"
                " opened_at, due_at, owner, next_step, evidence, state) values ('corner', ?, ?,"
                " 'finance', 'high', 3, ?, ?, ?, ?, ?, 'open')",
                [f"h{number}", text, NOW, NOW, text, text, text],
            )
            connection.execute(
                "insert into marts.alerts (shop, alert_id, kind, about, opened_at, sent_to, subject,"
                " state) values ('corner', ?, 'exception.opened', ?, ?, ?, ?, 'delivered')",
                [f"h{number}", text, NOW, text, text],
            )
        yield connection


def _is_inert(page: Page) -> None:
    assert page.open == []
    tags = {tag for tag, _ in page.tags}
    assert not tags & {
        "script",
        "img",
        "iframe",
        "object",
        "form",
        "input",
        "base",
        "link",
        "video",
    }
    assert not [name for _, given in page.tags for name in given if name.startswith("on")]
    links = [given.get("href") or "" for tag, given in page.tags if tag == "a"]
    assert all(OWN_LINK.match(link) for link in links)


def test_pages_show_it_as_text(con: DuckDBPyConnection, tmp_path: Path) -> None:
    _is_inert(Page(render(con)))
    write_dashboard(con, tmp_path / "dashboard.html")
    for path in tmp_path.iterdir():
        text = path.read_text("utf-8")
        _is_inert(Page(text))
        assert not set(text) & {"\x1b", "\u202e", "\x07"}


def test_the_terminal_and_the_artifact_show_it_as_text(con: DuckDBPyConnection) -> None:
    summary = read_summary(con)
    assert not set(as_text(summary, {}, color=False)) & {"\x1b", "\u202e", "\x07", "\r"}
    shown = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable("table")
    page = Page(shown.render(as_markdown(summary)))
    assert not {tag for tag, _ in page.tags} & {
        "script",
        "img",
        "a",
        "iframe",
        "form",
        "svg",
        "input",
    }


@pytest.mark.parametrize("number", range(len(STRINGS)))
def test_messages_and_files_hold_it_as_text(number: int, tmp_path: Path) -> None:
    text = STRINGS[number]
    row = alarm(subject=text, body=f"Observed: 1\n{text}\n- {text}", station=text)
    message = message_of(text, [row, alarm(alert_key=text)])
    mail = message_from_bytes(
        email_of(message, "backroom@corner.example").as_bytes(policy=SMTP), policy=default
    )
    assert {name.lower() for name in mail} == {
        "from", "to", "subject", "date", "message-id", "auto-submitted", "content-type",
        "content-transfer-encoding", "mime-version",
    }  # fmt: skip
    assert mail.get_content_type() == "text/plain"
    chat = slack_text(message.subject, message.body)
    assert "<" not in chat
    assert ">" not in chat
    assert not re.search(r"(?<![\w.])@(here|channel|all|everyone)\b", chat, re.IGNORECASE)
    file = write_alert(tmp_path, text, row)
    assert file.resolve().is_relative_to(tmp_path.resolve())
    page = Page(MarkdownIt("commonmark", {"html": True}).render(file.read_text("utf-8")))
    assert {tag for tag, _ in page.tags} <= {"h1", "p", "pre", "code", "br", "em"}


@pytest.mark.parametrize("number", range(len(STRINGS)))
def test_no_cell_of_a_spreadsheet_is_a_formula(number: int) -> None:
    cell = neutral(STRINGS[number])
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
