"""A sample of an export that nobody declared yet, read by the readers of those that are."""

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from config.errors import UsageError
from config.export import Format
from tasks.reading import json_records, workbook
from tasks.reading.delimited import DELIMITERS, Dialect, TextReading, audit
from tasks.reading.grid import Grid, read_grid, trimmed
from tasks.reading.header import DEEPEST_HEADER, plain
from tasks.reading.peek import Peek, Refused, one_file, peek, split_line
from tasks.reading.reading import Reading

ENCODINGS = ("utf-8", "cp1252")
ROWS = 10_000  # that are looked at
# What no header is: a number, a date, a moment, an address.
OF_DATA = re.compile(r"[\W\d_]*\d[\W\d_]*|\d+[-/.:]\d+[-/.:T ]\d+.*|.*@.*\..*|https?:.*")
LONGEST_NAME = 80


@dataclass(frozen=True)
class Sample:
    """The table of a sample: its header, and the filled cells below each name. No cell is ever shown."""

    format: Format
    delimiter: str  # empty where the format has none
    quote: str | None
    encoding: str
    header: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]  # of each name, blanks left out
    rows: int
    damaged: int  # rows that cannot be read
    records: str = ""  # json: the key below which they are


def read_sample(path: Path) -> Sample:
    """Return the table of the file at `path`: delimited text, the first one of a workbook, JSON records.

    Raises:
        UsageError: there is no such file.
        Refused: it is no table, no line of it reads as a header, or no row below that can be read.
    """
    if not path.is_file():
        raise UsageError(f"There is no file {path}.")
    with one_file(path.name), TemporaryDirectory() as work:
        seen = peek(path)
        if seen.kind == "text":
            return _of_text(path, seen, Path(work))
        if seen.kind == "workbook":
            return _of_grid(path, "workbook", workbook.sheets(path))
        if seen.kind == "json":
            return _of_json(path)
        raise Refused(
            "no_sample",
            f"{path.name} is a file of the kind {seen.kind}: unpack an archive first; for EDI, copy the"
            " nearest file of config/exports.",
        )


def _of_text(path: Path, seen: Peek, work: Path) -> Sample:
    heads = [
        (number, delimiter, header)
        for delimiter in DELIMITERS
        for number, line in enumerate(seen.head[:DEEPEST_HEADER], start=1)
        if _is_header(header := tuple(split_line(line, delimiter, '"')))
    ]
    if not heads:
        raise _no_header(path)
    line, delimiter, header = max(heads, key=lambda head: (len(head[2]), -head[0]))
    best: TextReading | None = None
    for quote in ('"', None):
        dialect = Dialect(delimiter, quote, ENCODINGS)
        reading = audit(path, dialect, header_line=line, width=len(header), work=work)
        if best is None or len(reading.damaged) < len(best.damaged):
            best = reading
        if not reading.damaged:
            break
    assert best is not None  # noqa: S101, one was read
    return _sample(path, "delimited", header, best, (delimiter, best.quote, best.encoding))


def _of_grid(path: Path, form: Format, grids: list[Grid]) -> Sample:
    for grid in grids:
        for line, cells in grid.rows[:DEEPEST_HEADER]:
            header = tuple(cell or "" for cell in trimmed(cells))
            if _is_header(header):
                return _sample(path, form, header, read_grid(grid, line), ("", '"', "utf-8"))
    raise _no_header(path)


def _of_json(path: Path) -> Sample:
    """Return the records of a document that is a list of them, or of the first key that holds such a list."""
    try:
        document = json.loads(path.read_text("utf-8-sig"))
    except ValueError:  # JSON lines, or damage that the reader reports
        document = None
    keys = (
        [k for k, v in document.items() if isinstance(v, list)]
        if isinstance(document, dict)
        else []
    )
    for key in (*keys, ""):
        found = json_records.grid(path, (key,) if key else (), None)
        if found and _is_header(tuple(name or "" for name in found.rows[0][1])):
            return replace(_of_grid(path, "json", [found]), records=key)
    raise _no_header(path)


def _sample(
    path: Path,
    form: Format,
    header: tuple[str, ...],
    reading: Reading,
    written: tuple[str, str | None, str],
) -> Sample:
    if not reading.rows:
        raise Refused(
            "no_row",
            f"{path.name} has no row that can be read below its header, so nothing shows what"
            " its cells are. Take a sample with some rows.",
        )
    names = {place: f"c{place}" for place in range(len(header))}
    with duckdb.connect() as con:
        reading.load(con, "sample_as_text", names)
        columns = ", ".join(names.values())
        rows = con.execute(
            f"select {columns} from sample_as_text order by line_no limit {ROWS}"
        ).fetchall()
    cells = tuple(
        tuple(cell.strip() for cell in column if cell and cell.strip())
        for column in zip(*rows, strict=True)
    )
    stripped = tuple(name.strip() for name in header)
    return Sample(form, *written, stripped, cells, reading.rows, len(reading.damaged))


def _is_header(names: tuple[str, ...]) -> bool:
    """Return whether cells read as names: most are filled, all differ, and none is like data."""
    filled = [name for name in map(plain, names) if name]
    return (
        len(filled) > 1
        and len(filled) >= 0.8 * len(names)
        and len({*filled}) == len(filled)
        and not any(len(name) > LONGEST_NAME or OF_DATA.fullmatch(name) for name in filled)
    )


def _no_header(path: Path) -> Refused:
    return Refused(
        "no_header",
        f"{path.name} has no line that reads as a header: names that all differ, with no numbers or dates"
        " among them. An export without a header cannot be recognised; ask for one that has it.",
    )
