"""A table that is not delimited text: rows of a sheet, records of a JSON document, EDI segments.

Such files come small and whole, so they are held in memory; their rows are judged like those of a
delimited file: each is certain, or quarantined with a reason.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from tasks.reading.peek import Refused
from tasks.reading.reading import DamagedRow

Cells = tuple[str | None, ...]

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
SURROGATE = re.compile(r"[\ud800-\udfff]")
RAW_CHARACTERS = 2_000
MOST_DAMAGED = 100_000


@dataclass(frozen=True, eq=False)
class Grid:
    """One table of a file, its header among its first rows.

    `rows` are (line, cells): the row of the sheet, the ordinal of the record or segment.
    """

    part: str  # which table of the file; empty where it has one only
    how: str
    rows: Sequence[tuple[int, Cells]]
    damaged: tuple[DamagedRow, ...] = ()
    name: str = ""  # of the file, for messages


@dataclass(frozen=True, eq=False)
class GridReading:
    """The rows of a grid below its header."""

    header: tuple[str, ...]
    how: str
    damaged: tuple[DamagedRow, ...]
    other_lines: tuple[int, ...]
    repeated_headers: tuple[int, ...]
    notes: Mapping[str, str]
    _rows: Sequence[tuple[int, Cells]] = field(repr=False)

    @property
    def rows(self) -> int:
        """Rows of which every cell is certain."""
        return len(self._rows)

    def load(self, con: duckdb.DuckDBPyConnection, into: str, columns: Mapping[int, str]) -> None:
        """Create the temporary view `into` of the certain rows: line_no, and `columns` as text."""
        lines = pa.array([line for line, _ in self._rows], pa.int64())
        texts = {
            name: pa.array([cells[place] or None for _, cells in self._rows], pa.string())
            for place, name in columns.items()
        }
        con.register("grid_rows", pa.table({"line_no": lines, **texts}))
        try:
            con.execute(f"create or replace temp table {into}_rows as select * from grid_rows")
            con.execute(f"create or replace temp view {into} as select * from {into}_rows")
        finally:
            con.unregister("grid_rows")


def read_grid(
    grid: Grid, header_line: int, other_line: re.Pattern[str] | None = None
) -> GridReading:
    """Return what is certain, damaged and no data in the grid, below its header line.

    Raises:
        Refused: most of it is damaged.
    """
    place = next(place for place, (line, _) in enumerate(grid.rows) if line == header_line)
    header = trimmed(grid.rows[place][1])
    good: list[tuple[int, Cells]] = []
    damaged = [row for row in grid.damaged if row.line_no > header_line]
    others: list[int] = []
    repeated: list[int] = []
    notes: dict[str, str] = {}
    for line, cells in grid.rows[place + 1 :]:
        row = trimmed(cells)
        if not any(row):
            continue
        written = "\t".join(cell or "" for cell in row)
        if _names(row) == _names(header):
            others.append(line)
            repeated.append(line)
        elif other_line and (found := other_line.search(written)):
            others.append(line)
            notes |= {name: text for name, text in found.groupdict().items() if text is not None}
        elif fault := _fault(row, len(header)):
            damaged.append(
                DamagedRow(line, *fault, SURROGATE.sub("\ufffd", written[:RAW_CHARACTERS]))
            )
        else:
            good.append((line, (*row, *[None] * (len(header) - len(row)))))
    if len(damaged) > MOST_DAMAGED:
        raise Refused(
            "damaged_throughout",
            f"{grid.name} has more than {MOST_DAMAGED:,} damaged rows, the first on line"
            f" {damaged[0].line_no}: {damaged[0].detail}. Ask for the export again.",
        )
    names = tuple(cell or "" for cell in header)
    damaged.sort(key=lambda row: row.line_no)
    return GridReading(names, grid.how, tuple(damaged), tuple(others), tuple(repeated), notes, good)


def trimmed(cells: Cells) -> Cells:
    """Return the cells without the empty ones at the end: a sheet is as wide as its widest row."""
    end = len(cells)
    while end and not (cells[end - 1] or "").strip():
        end -= 1
    return cells[:end]


def _names(row: Cells) -> tuple[str, ...]:
    return tuple((cell or "").strip().casefold() for cell in row)


def _fault(row: Cells, width: int) -> tuple[str, str] | None:
    if len(row) > width:
        return "too_many_cells", f"{len(row)} cells, the header has {width}"
    for cell in row:
        if cell and (control := CONTROL.search(cell)):
            return "control_character", f"the control character U+{ord(control[0]):04X}"
        if cell and SURROGATE.search(cell):
            return "not_text", "half a character"
    return None
