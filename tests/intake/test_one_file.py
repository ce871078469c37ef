"""A file that cannot be read fails alone: it is named with a reason, and every other file is read."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from config.strict import ROOT
from tasks.archive import originals
from tasks.intake import normalize, pull
from tasks.intake.landing import Landed
from tasks.intake.read import read_files
from tasks.reading import recognise
from tasks.reading.recognised import Recognised
from tests.exports.door import Door

BANK = "date,account,description,reference,amount,balance\n2026-11-20,USD,FEE,,{amount},10.00\n"
SECRET = "Jane Roe, 12 High Street"


def fate(door: Door) -> dict[str, tuple[str, str]]:
    """Return what `landing.files` says of every file."""
    rows = door.rows("select name, status, code from landing.files")
    return {str(name): (str(status), str(code)) for name, status, code in rows}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("products.json", json.dumps([{"id": n, "title": f"Product {n}"} for n in range(5000)])),
        ("first_line.jsonl", json.dumps({"a": "x" * 70_000}) + '\n{"a": "y"}\n'),
        ("letter.txt", "x" * 70_000),
        ("letters.txt", "x" * 70_000 + "\n"),
        ("open.json", '[{"id": 1}, ' * 9000),
        ("deep.json", "[" * 100_000),
    ],
)
def test_a_line_longer_than_a_first_look_costs_that_file_only(
    door: Door, name: str, content: str
) -> None:
    door.drop(name, content)
    door.drop("bank.csv", BANK.format(amount="-4.50"))
    pulled = door.pull()
    door.ingest()
    assert not pulled.failures
    assert fate(door)["bank.csv"] == ("accepted", "")
    assert [left.name for left in pulled.left] == [name] or fate(door)[name][0] == "rejected"


def test_a_declared_export_on_one_long_line_is_read(door: Door) -> None:
    sample = ROOT / "tests/exports/shopify/balance_transactions.json"
    [first, *_] = json.loads(sample.read_text("utf-8"))["transactions"]
    rows = [first | {"id": 7_000_000 + n} for n in range(500)]
    content = json.dumps({"transactions": rows}, separators=(",", ":"))
    assert len(content) > 1 << 16
    door.drop("transactions.json", content)
    [landed] = door.night()
    assert (landed.status, landed.rows_read) == ("accepted", 500)


def test_what_no_recogniser_foresaw_refuses_the_file_and_shows_no_cell(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    recognise_all = recognise.recognise_all

    def failing(path: Path) -> bool:
        if path.name == "odd.csv":
            raise IndexError(SECRET)
        return False

    monkeypatch.setattr(
        pull, "recognise_all", lambda path, *given: failing(path) or recognise_all(path, *given)
    )
    door.drop("a.csv", BANK.format(amount="-1.00"))
    door.drop("odd.csv", "date,campaign,clicks\n")
    door.drop("z.csv", BANK.format(amount="-2.00"))
    assert not door.pull().failures
    one = recognise.recognise
    monkeypatch.setattr(
        originals, "recognise", lambda path, *given: failing(path) or one(path, *given)
    )
    door.ingest()
    assert fate(door) == {
        "a.csv": ("accepted", ""),
        "odd.csv": ("rejected", "unreadable_file"),
        "z.csv": ("accepted", ""),
    }
    [(reason,)] = door.rows("select reason from landing.files where status = 'rejected'")
    assert "odd.csv cannot be read (IndexError)" in str(reason)
    assert SECRET not in str(reason)


@pytest.mark.parametrize("where", ["read", "load"])
def test_what_no_reader_foresaw_refuses_the_file_until_it_can_be_read(
    door: Door, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    read = Recognised.read

    def failing(self: Recognised, path: Path, work: Path) -> object:
        reading = read(self, path, work)
        if path.name == "odd.csv" and where == "read":
            raise ValueError(SECRET)
        if path.name == "odd.csv":
            path.unlink()
            path.write_bytes(b"")  # the database finds other rows than the audit did
        return reading

    for name in ("a.csv", "odd.csv", "z.csv"):
        door.drop(name, BANK.format(amount=f"-{ord(name[0])}.00"))
    with monkeypatch.context() as patch:
        patch.setattr(Recognised, "read", failing)
        door.night()
    assert {name: status for name, (status, _) in fate(door).items()} == {
        "a.csv": "accepted", "odd.csv": "rejected", "z.csv": "accepted",
    }  # fmt: skip
    assert door.rows("select count(*) from valid.bank_lines") == [(2,)]

    assert [file.arrival.name for file in door.ingest()] == ["odd.csv"]
    assert door.rows("select count(*) from valid.bank_lines") == [(3,)]


def test_a_row_lost_on_the_way_costs_its_file_only(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def losing(*given: Any) -> tuple[Landed, ...]:
        return tuple(
            replace(file, rows_read=file.rows_read + (file.arrival.name == "odd.csv"))
            for file in read_files(*given)
        )

    monkeypatch.setattr(normalize, "read_files", losing)
    door.drop("odd.csv", BANK.format(amount="-1.00"))
    door.drop("z.csv", BANK.format(amount="-2.00"))
    door.night()
    assert fate(door) == {"odd.csv": ("rejected", "row_lost"), "z.csv": ("accepted", "")}
    assert door.rows("select count(*) from valid.bank_lines") == [(1,)]


def test_a_pipe_in_the_inbox_is_never_opened(door: Door) -> None:
    os.mkfifo(door.folder.inbox / "orders.csv")
    door.drop("plan.csv", "iso_week,channel,plan_usd\n2026-W47,shopify,1\n")
    pulled = door.pull()
    assert [arrival.name for arrival in pulled.new] == ["plan.csv"]
    assert [left.name for left in pulled.left] == ["orders.csv"]
    assert "pipe" in pulled.left[0].reason


@pytest.mark.parametrize("when", ["before it is recognised", "before it is kept"])
def test_a_file_that_goes_away_stops_no_other(
    door: Door, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    recognise_all = recognise.recognise_all

    def going(path: Path, *args: object) -> object:
        is_early = when == "before it is recognised"
        if path.name == "a.csv" and is_early:
            path.unlink()
        kinds = recognise_all(path, *args)  # type: ignore[arg-type]
        if path.name == "a.csv":
            path.unlink()
        return kinds

    monkeypatch.setattr(pull, "recognise_all", going)
    for name in ("a.csv", "b.csv"):
        door.drop(name, BANK.format(amount=f"-{ord(name[0])}.00"))
    pulled = door.pull()
    assert not pulled.failures
    assert [arrival.name for arrival in pulled.new] == ["b.csv"]
    assert [(left.name, left.reason) for left in pulled.left] == [
        ("a.csv", "it went away before it was read")
    ]


def test_a_table_of_one_column_and_a_note_are_not_quoted(door: Door) -> None:
    door.drop("customers.csv", f"Name,Street\n{SECRET}\n")
    door.drop("names.txt", "Jane Roe\n12 High Street\n")
    pulled = door.pull()
    door.ingest()
    reasons = [left.reason for left in pulled.left]
    reasons += [str(reason) for (reason,) in door.rows("select reason from landing.files")]
    assert len(reasons) == 2
    assert not [reason for reason in reasons if "Jane" in reason or "High" in reason]
    assert [left.name for left in pulled.left] == ["customers.csv"]
