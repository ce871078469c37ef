"""The buyer's workbook: what it says, what changed and why, and that nothing in it runs."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import time_machine
from duckdb import DuckDBPyConnection
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from config.shop import load_shop
from tasks.outbox.buyers_workbook import changes, write_workbook
from tasks.run.night import Night
from tests.small_marts import fill

NOW = datetime(2026, 11, 22, 18, tzinfo=UTC)


@pytest.fixture
def con() -> Iterator[DuckDBPyConnection]:
    with duckdb.connect() as con:
        yield fill(con)


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Night:
    monkeypatch.setenv("BACKROOM_DATA", str(tmp_path))
    return Night(load_shop("demo"), NOW, "test")


def sheets(path: Path) -> dict[str, Worksheet]:
    return {sheet.title: sheet for sheet in load_workbook(path).worksheets}


def rows(sheet: Worksheet) -> list[dict[str, Any]]:
    header, *others = sheet.iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in others]


@pytest.mark.whole
def test_each_question_of_a_buyer_has_its_sheet(con: DuckDBPyConnection, night: Night) -> None:
    found = sheets(write_workbook(con, night))
    assert list(found) == [
        "Plan", "Purchase orders", "Transfers", "Expedite", "Discontinue", "Suppliers", "Changes",
    ]  # fmt: skip
    first, *_ = rows(found["Plan"])
    assert (first["sku"], first["suggested units"], first["suggested amount"]) == (
        "MUG-1",
        144,
        1234.5,
    )
    assert first["stockout date"].date() == date(2026, 11, 22)
    assert found["Transfers"]["A1"].value == "No pool can give another what it lacks."
    assert found["Changes"]["A1"].value == "No earlier night is published."


def test_a_sheet_is_ready_to_read(con: DuckDBPyConnection, night: Night) -> None:
    plan = sheets(write_workbook(con, night))["Plan"]
    assert plan.freeze_panes == "B2"
    assert plan.auto_filter.ref == plan.dimensions
    names = [cell.value for cell in plan[1]]
    formats = {name: cell.number_format for name, cell in zip(names, plan[2], strict=True)}
    assert formats["suggested amount"] == "#,##0.00"
    assert formats["stockout date"] == "yyyy-mm-dd"
    assert formats["suggested units"] == "#,##0"
    assert all(plan.column_dimensions[c].width <= 70 for c in plan.column_dimensions)


def test_the_same_night_gives_the_same_bytes_whenever_it_runs(
    con: DuckDBPyConnection, night: Night
) -> None:
    first = write_workbook(con, night).read_bytes()
    with time_machine.travel(timedelta(days=3)):
        assert write_workbook(con, night).read_bytes() == first


def test_no_cell_is_a_formula(con: DuckDBPyConnection, night: Night) -> None:
    for evil in ("=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1"):
        con.execute("update marts.reorder_plan set sku = $1, reason = $1, supplier = $1", [evil])
        cells = [c for row in sheets(write_workbook(con, night))["Plan"].iter_rows() for c in row]
        assert not [cell for cell in cells if cell.data_type == "f"]
        assert {cell.value for cell in cells if evil.strip() in str(cell.value)} == {f"'{evil}"}


def test_what_changed_since_the_last_night_is_there_with_its_cause(
    con: DuckDBPyConnection, night: Night
) -> None:
    for day, units in (("2026-11-20", 1), ("2026-11-21", 24), ("2026-11-22", 144)):
        folder = night.shop.folder.published / f"{day.replace('-', '')}T070000Z"
        folder.mkdir(parents=True)
        con.execute(f"attach '{folder}/marts.duckdb' as old")
        con.execute("create table old.reorder_plan as from marts.reorder_plan where sku != 'PEN-4'")
        con.execute("update old.reorder_plan set as_of = $1", [day])
        con.execute("update old.reorder_plan set suggested_units = $1 where sku = 'MUG-1'", [units])
        con.execute("detach old")
    found = rows(sheets(write_workbook(con, night))["Changes since 2026-11-21"])
    assert [(row["sku"], row["units before"], row["units"], row["why"]) for row in found] == [
        ("MUG-1", 24, 144, "time passed, or a setting changed"),
        ("PEN-4", None, 0, "new on the plan"),
    ]


def test_a_change_names_the_inputs_that_moved() -> None:
    old = {
        "sku": "CUP", "pool": "fba", "action": "hold", "suggested_units": 0, "position": 30,
        "on_hand": 30, "on_order": 0, "units_90d": 90, "lead_time_days": None, "reorder_point": 20,
        "supplier": "S1",
    }  # fmt: skip
    new = {**old, "action": "reorder", "suggested_units": 12, "on_hand": 10, "lead_time_days": 9}
    [changed] = changes([old], [new])
    assert changed["why"] == "on hand 30 → 10; lead time, days unknown → 9"
    [gone] = changes([old], [])
    assert (gone["action"], gone["why"]) == (None, "no longer on the plan")
    assert not list(changes([old], [old]))
