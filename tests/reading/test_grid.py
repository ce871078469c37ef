"""The rows of a table held in memory: certain, quarantined, or no data; and loaded as text."""

import re

import duckdb
import pytest

from tasks.reading import grid as grids
from tasks.reading.grid import Cells, Grid, GridReading, read_grid, trimmed
from tasks.reading.peek import Refused
from tasks.reading.reading import DamagedRow

HEADER = ("id", "note", "total")


def read(*rows: Cells, header_line: int = 1, other_line: str = "") -> GridReading:
    grid = Grid("", "a grid", list(enumerate([HEADER, *rows], start=1)), name="orders.xlsx")
    return read_grid(grid, header_line, re.compile(other_line) if other_line else None)


def loaded(reading: GridReading, columns: dict[int, str]) -> list[tuple[object, ...]]:
    with duckdb.connect() as con:
        reading.load(con, "cells", columns)
        return con.execute("select * from cells order by line_no").fetchall()


def test_rows_are_loaded_under_their_lines_and_empty_cells_are_null() -> None:
    reading = read(("1", "a", "2.00"), ("2",), (None, "", "3"), ("4", " ", "\u00a0x"))
    assert loaded(reading, {0: "id", 2: "the total"}) == [
        (2, "1", "2.00"),
        (3, "2", None),
        (4, None, "3"),
        (5, "4", "\u00a0x"),
    ]


def test_a_grid_without_rows_is_loaded_too() -> None:
    assert loaded(read(), {0: "id"}) == []


def test_names_and_cells_are_data_whatever_they_hold() -> None:
    cells = ("'; drop table x; --", '"', "\u2028日😀\t\r\n")
    assert loaded(read(cells), {0: "a", 1: "b", 2: "c"}) == [(2, *cells)]


@pytest.mark.parametrize(
    "row", [(), (None,), ("", "", ""), (" ", "\t", "\n"), (None, None, " ", "")]
)
def test_a_blank_row_is_no_row(row: Cells) -> None:
    reading = read(row, ("1", "a", "2"))
    assert (reading.rows, reading.damaged, reading.other_lines) == (1, (), ())


@pytest.mark.parametrize(
    ("row", "reason", "detail"),
    [
        (("1", "a", "2", "x"), "too_many_cells", "4 cells, the header has 3"),
        (("1", None, None, None, "x"), "too_many_cells", "5 cells, the header has 3"),
        (("1", "a\x00b", "2"), "control_character", "the control character U+0000"),
        (("1", "a", "2\x1b"), "control_character", "the control character U+001B"),
        (("1", "a\ud83d", "2"), "not_text", "half a character"),
    ],
)
def test_an_uncertain_row_is_quarantined(row: Cells, reason: str, detail: str) -> None:
    reading = read(("0", "x", "1"), row, ("9", "y", "1"))
    [damage] = reading.damaged
    assert (damage.line_no, damage.reason, damage.detail) == (3, reason, detail)
    assert damage.raw.encode("utf-8")
    assert [line for line, _, _, _ in loaded(reading, {0: "a", 1: "b", 2: "c"})] == [2, 4]


def test_blank_cells_beyond_the_header_are_none() -> None:
    assert read(("1", "a", "2", "", None, " ")).rows == 1


def test_repeated_headers_and_declared_lines_are_no_rows_but_are_counted() -> None:
    reading = read(
        ("1", "a", "2"), HEADER, ("Total:", None, "7.50"), other_line=r"^Total:\t+(?P<total>[\d.]+)"
    )
    assert (reading.rows, reading.other_lines, reading.notes) == (1, (3, 4), {"total": "7.50"})


def test_what_is_above_the_header_is_no_data() -> None:
    rows: list[tuple[int, Cells]] = [(1, ("A report",)), (3, HEADER), (4, ("1", "a", "2"))]
    above = DamagedRow(2, "error_value", "the error #N/A is in a cell", "#N/A")
    below = DamagedRow(5, "error_value", "the error #N/A is in a cell", "#N/A")
    reading = read_grid(Grid("", "a grid", rows, (above, below)), 3)
    assert (reading.header, reading.rows, reading.damaged) == (HEADER, 1, (below,))


def test_damage_is_listed_in_the_order_of_lines() -> None:
    rows: list[tuple[int, Cells]] = [(0, HEADER), (1, ("1", "2", "3", "4")), (2, ("1", "2", "3"))]
    grid = Grid("", "a grid", rows, (DamagedRow(3, "x", "y", "z"),))
    assert [row.line_no for row in read_grid(grid, 0).damaged] == [1, 3]


def test_a_grid_that_is_damaged_throughout_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grids, "MOST_DAMAGED", 2)
    with pytest.raises(Refused, match="first on line 2") as refused:
        read(*[("1", "2", "3", "4")] * 3)
    assert refused.value.code == "damaged_throughout"


@pytest.mark.parametrize(
    ("cells", "kept"),
    [(("a", None, " "), ("a",)), ((None, "a"), (None, "a")), ((), ()), ((None, ""), ())],
)
def test_blank_cells_at_the_end_are_cut(cells: Cells, kept: Cells) -> None:
    assert trimmed(cells) == kept
