"""Readers get a whole snapshot, always: while one is written, and when its writer is killed."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from duckdb import DuckDBPyConnection

from config.errors import FatalError
from config.strict import ROOT
from tasks.outbox import snapshot
from tasks.outbox.snapshot import publish
from tasks.warehouse.catalog import content_hash

DAY = date(2026, 11, 23)


@pytest.fixture
def con() -> Iterator[DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(
            "create schema marts; create schema core; create table core.x as select 1"
        )
        fill(connection, 1)
        yield connection


def fill(con: DuckDBPyConnection, number: int) -> None:
    """Make two marts that state the same number."""
    for mart in ("one", "two"):
        con.execute(
            f"create or replace table marts.{mart} as select {number} as n from range(1000)"
        )
        con.execute(f"comment on table marts.{mart} is 'The owner''s {mart}'")
        con.execute(f"comment on column marts.{mart}.n is 'Number, units'")


def publish_as(con: DuckDBPyConnection, folder: Path, version: str, day: date = DAY) -> Path:
    return publish(con, folder, version, shop="demo", as_of=day, business_date=day, keep=3)


def versions(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir() if each.name != "current")


def read(folder: Path) -> tuple[int, int, str]:
    """Return what a reader finds: the number both marts state, how many rows, and the version."""
    file = (folder / "current" / "marts.duckdb").resolve()
    with duckdb.connect(str(file), read_only=True) as con:
        [(least, most, rows)] = con.execute(
            "select min(n), max(n), count(*) from (from marts.one union all from marts.two)"
        ).fetchall()
        [(version,)] = con.execute("select version from marts.published").fetchall()
    assert least == most
    return least, rows, version


def everything(file: Path) -> dict[str, object]:
    """Return what a snapshot holds: each table's rows, and every comment, but when it was written."""
    with duckdb.connect(str(file), read_only=True) as con:
        comments = con.execute(
            "select table_name, column_name, data_type, comment from duckdb_columns() where not internal"
            " union all select table_name, '', '', comment from duckdb_tables() order by all"
        ).fetchall()
        names = {name for name, *_ in comments} - {"published"}
        rows = {name: con.execute(f"from {name} order by all").fetchall() for name in names}
        stated = con.execute("select * exclude (published_at) from published").fetchall()
    return {"comments": comments, "rows": rows, "stated": stated}


def test_an_analyst_reads_marts_by_name(con: DuckDBPyConnection, tmp_path: Path) -> None:
    file = publish_as(con, tmp_path, "v1")
    assert file == tmp_path / "v1" / "marts.duckdb"
    assert read(tmp_path) == (1, 2000, "v1")
    with duckdb.connect() as notebook:
        notebook.execute(f"attach '{tmp_path}/current/marts.duckdb' (read_only)")
        assert notebook.execute("select count(*) from marts.one").fetchall() == [(1000,)]


def test_only_marts_are_published_and_every_comment_with_them(
    con: DuckDBPyConnection, tmp_path: Path
) -> None:
    with duckdb.connect(str(publish_as(con, tmp_path, "v1")), read_only=True) as reader:
        tables = reader.execute("select table_name, comment from duckdb_tables()").fetchall()
        bare = reader.execute(
            "select column_name from duckdb_columns() where comment is null and not internal"
        )
        assert sorted(tables) == [
            ("one", "The owner's one"),
            ("published", "What this snapshot is: one row."),
            ("two", "The owner's two"),
        ]
        assert bare.fetchall() == []


def test_the_snapshot_states_what_it_is(con: DuckDBPyConnection, tmp_path: Path) -> None:
    with duckdb.connect(str(publish_as(con, tmp_path, "v1")), read_only=True) as reader:
        stated = reader.execute("select shop, version, as_of, business_date from marts.published")
        assert stated.fetchall() == [("demo", "v1", DAY, DAY)]


def test_the_snapshot_cannot_be_written(con: DuckDBPyConnection, tmp_path: Path) -> None:
    file = publish_as(con, tmp_path, "v1")
    assert file.stat().st_mode & 0o777 == 0o444
    assert file.parent.stat().st_mode & 0o777 == 0o555
    assert [each.name for each in file.parent.iterdir()] == ["marts.duckdb"]


def test_the_same_content_is_not_published_twice(con: DuckDBPyConnection, tmp_path: Path) -> None:
    first = publish_as(con, tmp_path, "v1")
    fill(con, 1)
    assert publish_as(con, tmp_path, "v2") == first
    assert versions(tmp_path) == ["v1"]


@pytest.mark.parametrize(
    "change",
    ["update marts.one set n = 2 where rowid = 0", "comment on column marts.one.n is 'Another'"],
)
def test_a_change_is_published(con: DuckDBPyConnection, tmp_path: Path, change: str) -> None:
    publish_as(con, tmp_path, "v1")
    con.execute(change)
    assert publish_as(con, tmp_path, "v2").parent.name == "v2"


@pytest.mark.parametrize(
    "change",
    [
        "create or replace table marts.two as select 2 as n from range(1000)",
        "create or replace table marts.two as select 1 as n, 1 as m from range(1000)",
        "comment on column marts.two.n is 'Otherwise'",
        "drop table marts.two",
        "create table marts.three as select 3 as n",
        "create or replace table marts.one as select 2 as n; drop table marts.two",
    ],
)
def test_what_is_put_into_a_copy_is_what_is_written_whole(
    con: DuckDBPyConnection, tmp_path: Path, change: str
) -> None:
    con.execute("create table marts.big as select n, n % 7 as m from range(50_000) as rows(n)")
    con.execute("comment on table marts.big is 'As it was'")
    publish_as(con, tmp_path / "copied", "v1")
    con.execute(change)
    copied = publish_as(con, tmp_path / "copied", "v2")
    whole = publish_as(con, tmp_path / "whole", "v2")
    held = [everything(file) for file in (copied, whole)]
    assert held[0] == held[1]


def test_only_what_changed_is_written(
    con: DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    con.execute("create table marts.big as select n from range(50_000) as rows(n)")
    publish_as(con, tmp_path, "v1")
    written: list[list[str]] = []
    write = snapshot._write

    def noted(
        con: DuckDBPyConnection, file: Path, marts: list[str], *more: Any, **named: Any
    ) -> None:
        written.append(list(marts))
        write(con, file, marts, *more, **named)

    monkeypatch.setattr(snapshot, "_write", noted)
    fill(con, 2)
    publish_as(con, tmp_path, "v2")
    con.execute(
        "create or replace table marts.big as select n + 1 as n from range(50_000) as rows(n)"
    )
    publish_as(con, tmp_path, "v3")
    assert written == [["one", "two"], ["big", "one", "two"]]


def test_no_damage_is_copied(con: DuckDBPyConnection, tmp_path: Path) -> None:
    con.execute("create table marts.big as select hash(n) as n from range(200_000) as rows(n)")
    old = publish_as(con, tmp_path, "v1")
    old.chmod(0o644)
    with old.open("r+b") as file:
        file.seek(old.stat().st_size // 2)
        file.write(bytes(4096))
    fill(con, 2)
    new = publish_as(con, tmp_path, "v2")
    with duckdb.connect(str(new), read_only=True) as reader:
        assert reader.execute("select count(n) from marts.big").fetchall() == [(200_000,)]
    assert read(tmp_path) == (2, 2000, "v2")


def test_a_new_day_is_published(con: DuckDBPyConnection, tmp_path: Path) -> None:
    publish_as(con, tmp_path, "v1")
    assert publish_as(con, tmp_path, "v2", date(2026, 11, 24)).parent.name == "v2"


def test_a_version_is_never_written_over(con: DuckDBPyConnection, tmp_path: Path) -> None:
    publish_as(con, tmp_path, "v1")
    fill(con, 2)
    publish_as(con, tmp_path, "v1")
    assert read(tmp_path) == (2, 2000, "v1-2")
    fill(con, 3)
    publish_as(con, tmp_path, "v1")
    assert read(tmp_path) == (3, 2000, "v1-3"), "a reader may have v1 open"


def test_an_open_reader_keeps_its_snapshot(con: DuckDBPyConnection, tmp_path: Path) -> None:
    publish_as(con, tmp_path, "v1")
    with duckdb.connect(f"{tmp_path}/current/marts.duckdb", read_only=True) as reader:
        for number in range(2, 7):
            fill(con, number)
            publish_as(con, tmp_path, f"v{number}")
            assert read(tmp_path)[0] == number
        assert not (tmp_path / "v1").exists()
        assert reader.execute("select max(n), count(*) from marts.two").fetchall() == [(1, 1000)]


def test_the_last_version_of_each_night_is_kept_however_often_one_is_run_again(
    con: DuckDBPyConnection, tmp_path: Path
) -> None:
    number = 1
    for day in range(1, 7):
        for _ in range(3):
            number += 1
            fill(con, number)
            publish_as(con, tmp_path, f"v{day}", date(2026, 11, day))
    assert versions(tmp_path) == ["v3-3", "v4-3", "v5-3", "v6-3"], "three nights before this one"


def test_a_damaged_snapshot_is_replaced(con: DuckDBPyConnection, tmp_path: Path) -> None:
    file = publish_as(con, tmp_path, "v1")
    file.chmod(0o644)
    file.write_bytes(b"not a database")
    publish_as(con, tmp_path, "v2")
    assert read(tmp_path) == (1, 2000, "v2")


@pytest.mark.parametrize("without_its_version", [False, True])
def test_a_folder_copied_by_a_program_that_follows_links_is_published_into(
    con: DuckDBPyConnection, tmp_path: Path, *, without_its_version: bool
) -> None:
    publish_as(con, tmp_path / "shop", "v1")
    copied = shutil.copytree(tmp_path / "shop", tmp_path / "restored")
    assert not (copied / "current").is_symlink()
    if without_its_version:
        (copied / "v1").chmod(0o755)
        shutil.rmtree(copied / "v1")
    publish_as(con, copied, "v2")
    assert (read(copied), versions(copied)) == ((1, 2000, "v1"), ["v1"])
    fill(con, 2)
    publish_as(con, copied, "v2", DAY + timedelta(days=1))
    assert (read(copied), versions(copied)) == ((2, 2000, "v2"), ["v1", "v2"])


def test_nothing_to_publish_is_an_error(tmp_path: Path) -> None:
    with duckdb.connect() as con, pytest.raises(FatalError, match="There is no mart to publish"):
        publish_as(con, tmp_path, "v1")


# Publishes once, counting the lines of publish.py that run, and kills itself at the line asked for.
PUBLISHER = """
import os, signal, sys
from datetime import date, timedelta
from pathlib import Path
import duckdb
from tasks.outbox import snapshot as publishing

last_line, number, lines = int(sys.argv[2]), int(sys.argv[3]), 0

def trace(frame, event, arg):
    global lines
    if frame.f_code.co_filename != publishing.__file__:
        return None
    if event == "line":
        lines += 1
        if lines == last_line:
            os.kill(os.getpid(), signal.SIGKILL)
    return trace

con = duckdb.connect()
con.execute("create schema marts")
for mart in ("one", "two"):
    con.execute(f"create table marts.{mart} as select {number} as n from range(1000)")
con.execute("create table marts.same as select n from range(5000) as rows(n)")  # copied
sys.settrace(trace)
facts = {"shop": "demo", "as_of": date(2026, 11, 23), "business_date": date(2026, 11, 23)}
publishing.publish(con, Path(sys.argv[1]), "night", **facts, keep=0)
print(lines)
"""


def run_publisher(folder: Path, last_line: int, number: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PUBLISHER, str(folder), str(last_line), str(number)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.whole
def test_a_publisher_killed_anywhere_leaves_readers_a_whole_snapshot(tmp_path: Path) -> None:
    run_publisher(tmp_path, 0, 1)
    whole = run_publisher(tmp_path, 0, 2)
    lines = int(whole.stdout)
    seen = {2}
    for number, last_line in enumerate(range(lines, 0, -max(lines // 12, 1)), 3):
        killed = run_publisher(tmp_path, last_line, number)
        assert killed.returncode in (-signal.SIGKILL, 0), killed.stderr
        found, rows, _ = read(tmp_path)
        assert rows == 2000
        assert found in seen | {number}, "a snapshot that nobody finished, or a step back"
        seen = {found}

    fixed = run_publisher(tmp_path, 0, 99)
    assert fixed.returncode == 0, fixed.stderr
    assert read(tmp_path)[0] == 99
    assert len(versions(tmp_path)) == 1, "a killed run's leftovers stayed"


@pytest.mark.parametrize(
    ("noted", "holds"), [("this", True), ("another", True), ("damaged", False)]
)
def test_a_mart_is_held_to_the_note_of_its_build_where_this_version_made_it(
    con: DuckDBPyConnection, tmp_path: Path, noted: str, holds: bool
) -> None:
    hashed = content_hash(con, "marts.one")
    version = hashed.partition(":")[0]
    notes = {"this": hashed, "another": "0.9/1:0f", "damaged": f"{version}:0f"}
    con.execute("create schema meta; create table meta.built (name varchar, content varchar)")
    con.execute("insert into meta.built values ('marts.one', $1)", [notes[noted]])
    if holds:
        publish_as(con, tmp_path, "v1")
        assert read(tmp_path) == (1, 2000, "v1")
    else:
        with pytest.raises(FatalError, match="does not hold the marts"):
            publish_as(con, tmp_path, "v1")
        assert not (tmp_path / "current").exists()
