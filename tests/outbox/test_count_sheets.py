"""The count sheet lists what is due, holds no formula, and is read back once it is filled in."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from duckdb import DuckDBPyConnection

from config.export import load_exports
from config.shop import Shop
from tasks.outbox.count_sheets import HEADER, write_count_sheets
from tasks.run.night import Night

SCHEDULE = """
    create schema marts;
    create table marts.count_schedule as
    select 'Main' as location, sku, class, cast(due_date as date) as due_date, recount_due, 'why' as reason,
        date '2026-01-10' as as_of
    from (values
        ('late', 'A', '2026-01-02', false), ('=later', 'B', '2026-01-09', false),
        ('early', 'A', '2026-02-01', false), ('wrong', 'C', '2026-01-15', true), ('never', null, null, false)
    ) as given (sku, class, due_date, recount_due);
    create table marts.stock_position as
    select 'Main' as location, unnest(['late', 'wrong']) as sku, 7 as on_hand;
    create table marts.cycle_count_results as
    select 'Main' as location, 'wrong' as sku, unnest(['A-1', null]) as bin, true as recount_due;
"""


@pytest.fixture
def con() -> Iterator[DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute(SCHEDULE)
        yield con


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Night:
    monkeypatch.setenv("BACKROOM_DATA", str(tmp_path))
    shop = Shop.parse(
        {
            "title": "One place", "timezone": "UTC", "currency": "USD", "people": {}, "channels": {},
            "locations": {
                "Main": {"kind": "own", "counts": True}, "North": {"kind": "own", "counts": True},
                "East": {"kind": "3pl"},
            },
            "counting": {"sheet_lines": 4},
        },
        "test", name="one",
    )  # fmt: skip
    return Night(shop, datetime(2026, 1, 10, 7, tzinfo=UTC), "test")


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_second_counts_come_first_and_then_what_is_due_longest(
    con: DuckDBPyConnection, night: Night
) -> None:
    [path] = write_count_sheets(con, night)
    assert path == night.shop.folder.outbox / "counts" / "Main.csv"
    found = [(row["sku"], row["bin"], row["book_units"]) for row in read(path)]
    assert found == [
        ("wrong", "A-1", ""),
        ("wrong", "", "7"),
        ("late", "", "7"),
        ("'=later", "", ""),
    ]
    assert {(row["counted_units"], row["count_id"]) for row in read(path)} == {
        ("", "Main-2026-01-10")
    }


def test_a_place_with_nothing_due_has_no_sheet(con: DuckDBPyConnection, night: Night) -> None:
    [path] = write_count_sheets(con, night)
    con.execute("delete from marts.count_schedule")
    assert write_count_sheets(con, night) == []
    assert not path.exists()


def test_the_stock_counts_export_reads_every_column_of_the_sheet() -> None:
    export = load_exports()["stock.counts"]
    known = {name for column in export.columns.values() for name in column.theirs} | set(
        export.also
    )
    assert set(HEADER) <= known
