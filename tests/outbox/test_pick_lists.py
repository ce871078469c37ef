"""The pick list of a location: in the order of the walk, printable, and nothing in it runs."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from duckdb import DuckDBPyConnection

from config.shop import load_shop
from tasks.outbox.pick_lists import COLUMNS, write_pick_lists
from tasks.run.night import Night

TABLES = """
    create schema marts; create schema settings; create schema ops;
    create table settings.run as select 'America/New_York' as timezone, date '2026-11-24' as business_date;
    create table marts.pick_list as
    select *, 'web' as channel, order_id as order_name, null as bundle_sku, 'Garden' as category,
        timestamptz '2026-11-24 22:00:00+00' as ship_by_at, wave = 1 as is_overdue, 2 as open_units, '' as note,
        'S' as box, 'UPS' as carrier, 'Ground' as service
    from (values
        ('Main', 1, 'B-02', 'POT', '<script>alert(1)</script>', '=1+1', 2, 0, 'pick'),
        ('Main', 1, 'A-01', 'CUP', 'Cup', '#2', 2, null, 'pick'),
        ('Main', 2, 'A-01', 'CUP', 'Cup', '#3', 1, 1, 'pick_part'),
        ('Main', null, 'C-01', 'JAR', 'Jar', '#4', 0, 2, 'none_there'),
        ('', 1, null, 'CUP', 'Cup', '#5', 2, null, 'pick')
    ) as given (location, wave, bin, sku, title, order_id, pick_units, short_units, instruction);
    create table marts.order_inbox as
    select 'web' as channel, '#6' as order_id, '#6' as order_name, 'incomplete_address' as blocking_exception
    union all select 'web', '#2', '#2', null;
    create table ops.pick_lines as
    select 'East' as location, 'web' as channel, '#6' as order_id, date '2026-11-24' as ship_by_date
    union all select 'Main', 'web', '#2', date '2026-11-24';
"""


@pytest.fixture
def con() -> Iterator[DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        con.execute(TABLES)
        yield con


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Night:
    monkeypatch.setenv("BACKROOM_DATA", str(tmp_path))
    return Night(load_shop("demo"), datetime(2026, 11, 24, 17, tzinfo=UTC), "test")


def test_each_location_has_its_walk_and_a_page(con: DuckDBPyConnection, night: Night) -> None:
    written = write_pick_lists(con, night)
    folder = night.shop.folder.outbox / "pick_lists" / "2026-11-24"
    assert {path.name for path in written} == {
        f"{name}.{kind}" for name in ("Main", "East", "no_location") for kind in ("csv", "html")
    }
    with (folder / "Main.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert [(row["wave"], row["bin"], row["pick_units"]) for row in rows] == [
        ("1", "A-01", "2"),
        ("1", "B-02", "2"),
        ("2", "A-01", "1"),
        ("", "C-01", "0"),
    ]
    assert rows[1]["order_name"] == "'=1+1"
    assert rows[0]["ship_by"] == "2026-11-24 17:00"


def test_the_page_says_what_to_pick_and_what_not(con: DuckDBPyConnection, night: Night) -> None:
    write_pick_lists(con, night)
    folder = night.shop.folder.outbox / "pick_lists" / "2026-11-24"
    page = (folder / "Main.html").read_text("utf-8")
    assert "<script>" not in page
    assert "3 orders, 5 units, 2 waves" in page
    assert "<td>S UPS Ground</td>" in page
    assert "State of 2026-11-24 12:00" in page
    assert page.index("Not to pick: the shelf lacks them") < page.index("#4")
    east = (folder / "East.html").read_text("utf-8")
    assert "Nothing is to be picked here today" in east
    assert "incomplete address" in east


def test_a_second_run_writes_the_same_and_takes_away_what_is_done(
    con: DuckDBPyConnection, night: Night
) -> None:
    before = {path: path.read_bytes() for path in write_pick_lists(con, night)}
    assert {path: path.read_bytes() for path in write_pick_lists(con, night)} == before
    con.execute("delete from marts.pick_list where location = ''")
    after = write_pick_lists(con, night)
    folder = night.shop.folder.outbox / "pick_lists" / "2026-11-24"
    assert set(folder.iterdir()) == set(after) == {p for p in before if p.stem != "no_location"}
