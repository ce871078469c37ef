"""`backroom sops`: what is due comes first with its reason, and what each station lacks is counted."""

from pathlib import Path

import duckdb
import pytest

from config.errors import Exit
from flows.desk.cli import main

PAGES = """

create table sop_register as
select * from (values
    ('finance', 'ann@shop.example', 'ok', date '2026-12-01', 'config/sops/finance.md', cast(null as varchar)),
    ('orders', 'olive@shop.example', 'ok', date '2026-11-30', 'config/sops/orders.md', null),
    ('returns', null, 'overdue', date '2026-11-01', 'config/sops/returns.md', 'its review was due on 2026-11-01'),
    ('picking', 'dan@shop.example', 'failed', date '2026-10-31', 'config/sops/picking.md', 'its metric failed')
) as pages (sop, owner, status, next_review_date, link, reason);
create table stations as
select * from (values
    (1, 'orders', cast(null as varchar)), (2, 'returns', 'an owner'), (3, 'finance', null)
) as stations (station_no, station, reason);
"""


def published(data: Path) -> None:
    folder = data / "demo" / "published" / "current"
    folder.mkdir(parents=True)
    with duckdb.connect(str(folder / "marts.duckdb")) as con:
        con.execute(PAGES)


def test_what_is_due_comes_first_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BACKROOM_DATA", str(tmp_path))
    published(tmp_path)
    assert main(["sops", "--shop", "demo"]) == Exit.DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["page", "owner", "status", "next", "review", "file"]
    pages = [line.split()[0] for line in lines[1:7] if not line.startswith(" ")]
    assert pages == ["picking", "returns", "orders", "finance"]
    assert lines[2].strip() == "its metric failed"
    assert lines[3].split()[1] == "nobody"
    assert lines[4].strip() == "its review was due on 2026-11-01"
    assert lines[7] == "returns lacks: an owner"
    assert lines[8].startswith("2 of 3 stations have a page, an owner, a deputy")


def test_before_the_first_night_it_says_how_to_run_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BACKROOM_DATA", str(tmp_path))
    assert main(["sops", "--shop", "demo"]) == Exit.PERSON
    assert "Run: backroom nightly --shop demo" in capsys.readouterr().err
