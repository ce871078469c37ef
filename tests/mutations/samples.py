"""The samples of every export as they are read undamaged, and how a damaged one is read.

All reading is the product's own: it is recognised, audited and loaded as at night. Only delimited
files are loaded many at a time: what the audit found certain in each is laid behind one another,
so that DuckDB reads thousands of files in one statement.
"""

import re
import shutil
import traceback
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from config.export import Export, load_exports
from tasks.reading.cells import BLANK_CODES
from tasks.reading.delimited import TextReading, load_text
from tasks.reading.grid import GridReading
from tasks.reading.header import plain
from tasks.reading.peek import Refused
from tasks.reading.reading import Reading
from tasks.reading.recognise import Unknown, recognise_all
from tasks.reading.recognised import Recognised

FOLDER = Path(__file__).resolve().parents[1] / "exports"
FAMILIES = {
    ".csv": "text", ".txt": "text", ".json": "json", ".jsonl": "json", ".edi": "edi",
    ".xlsx": "book",
}  # fmt: skip
BLANKS = "".join(map(chr, BLANK_CODES))
CURRENCY = "usd"

Row = tuple[str | None, ...]  # the texts of our columns, in the order of the export
Span = tuple[int, int]


@dataclass(frozen=True)
class Line:
    """One record of delimited text, by bytes; without cells where it is damaged."""

    number: int
    start: int
    end: int  # of the content
    stop: int  # of the line end
    cells: tuple[Span, ...]


@dataclass
class Seen:
    """What became of one file."""

    outcome: str  # read, refused, unknown, crashed
    detail: str = ""
    lines: Sequence[int] = ()
    rows: Sequence[Row] = ()
    aside: frozenset[tuple[int, str]] = frozenset()  # line and reason of what is quarantined
    others: int = 0
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Sample:
    """One sample, and what it says."""

    path: Path
    content: bytes
    export: Export
    look_alikes: tuple[Export, ...]  # itself among them
    family: str
    seen: Seen
    kind: Recognised = field(repr=False)
    delimiter: bytes = b""
    quote: bytes | None = None
    lines: tuple[Line, ...] = field(default=(), repr=False)  # of delimited text, its header first
    rows_of: Mapping[int, Sequence[int]] = field(default_factory=dict, repr=False)  # by line

    @property
    def name(self) -> str:
        """The sample, for a person."""
        return f"{self.path.parent.name}/{self.path.name}"

    @property
    def columns(self) -> tuple[str, ...]:
        """Our columns, in the order of a row."""
        return tuple(self.export.columns)


@dataclass
class _Waiting:
    """The certain rows of a delimited file that DuckDB has still to read."""

    seen: Seen
    kind: Recognised
    reading: TextReading
    body: bytes
    has_returns: bool


class Batch:
    """Files that are read together: `look` at each, then `finish`."""

    def __init__(self, con: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self.con, self.folder = con, folder
        self.waiting: dict[tuple[object, ...], list[_Waiting]] = {}

    def look(self, name: str, content: bytes, export: Export, others: Collection[Export]) -> Seen:
        """Return what becomes of a file; the rows of delimited text are there after `finish`."""
        shutil.rmtree(self.folder / "file", ignore_errors=True)
        (self.folder / "file").mkdir(parents=True)
        path = self.folder / "file" / name
        path.write_bytes(content)
        try:
            kinds = recognise_all(path, others, CURRENCY)
            if isinstance(kinds, Unknown):
                return Seen("unknown", kinds.reason)
            ours = [kind for kind in kinds if kind.export is export]
            if not ours:
                return Seen("unknown", f"taken for {kinds[0].export.name}")
            [kind] = ours
            return self._taken(kind, kind.read(path, path.parent))
        except Refused as refused:
            return Seen("refused", refused.code)
        except Exception:  # noqa: BLE001, any other is what is looked for
            return Seen("crashed", traceback.format_exc())

    def finish(self) -> None:
        """Let DuckDB read what is waiting."""
        for files in self.waiting.values():
            self._load(files)
        self.waiting.clear()

    def _taken(self, kind: Recognised, reading: Reading) -> Seen:
        seen = Seen(
            "read",
            aside=frozenset((row.line_no, row.reason) for row in reading.damaged),
            others=len(reading.other_lines),
            warnings=kind.warnings,
        )
        if isinstance(reading, GridReading):
            seen.lines = [line for line, _ in reading._rows]
            seen.rows = _rows(kind, [cells for _, cells in reading._rows], None)
        elif isinstance(reading, TextReading):
            seen.lines = reading.line_numbers().tolist()
            head, body = _cut(reading)
            places = _places(kind)
            has_returns = head.endswith(b"\r\n")
            key = (has_returns, reading.delimiter, reading.quote, len(reading.header), *places)
            waiting = self.waiting.setdefault(key, [])
            waiting.append(_Waiting(seen, kind, reading, body, has_returns))
        return seen

    def _load(self, files: Sequence[_Waiting]) -> None:
        first, path = files[0], self.folder / "together.csv"
        newline = b"\r\n" if first.has_returns else b"\n"
        head = first.reading.delimiter.encode().join([b"x"] * len(first.reading.header))
        path.write_bytes(head + newline + b"".join(file.body for file in files))
        total = sum(file.reading.rows for file in files)
        together = replace(
            first.reading,
            clean=path,
            rows=total,
            longest=max(file.reading.longest for file in files),
            _lines=(range(1, total + 1),),
        )
        places = _places(first.kind)
        load_text(self.con, together, "together", {place: f"c{place}" for place in places})
        rows = self.con.execute("select * from together order by line_no").fetchall()
        if len(rows) != total:
            raise AssertionError(f"{total} rows were audited, DuckDB reads {len(rows)}")
        at = 0
        for file in files:
            count = file.reading.rows
            cells = [row[1:] for row in rows[at : at + count]]
            file.seen.rows = _rows(file.kind, cells, {p: n for n, p in enumerate(places)})
            at += count


def _places(kind: Recognised) -> list[int]:
    return sorted({*kind.places.values(), *kind.unpivoted})


def _cut(reading: TextReading) -> tuple[bytes, bytes]:
    """Return the header of what was found certain, and its rows, each ended."""
    content = reading.clean.read_bytes()
    quote = (reading.quote or "").encode()
    end = content.find(b"\n") + 1 or len(content)
    while quote and content.count(quote, 0, end) % 2:
        end = content.index(b"\n", end) + 1
    body = content[end:]
    if body and not body.endswith(b"\n"):
        body += b"\r\n" if content[:end].endswith(b"\r\n") else b"\n"
    return content[:end], body


def _rows(
    kind: Recognised, rows: Sequence[Sequence[str | None]], at: Mapping[int, int] | None
) -> list[Row]:
    """Return the rows by our columns; `at` says where the columns of the file are, if not at their places."""

    def text(cells: Sequence[str | None], place: int | None) -> str | None:
        if place is None:
            return None
        return (cells[place if at is None else at[place]] or "").strip(BLANKS) or None

    columns = kind.export.columns
    if not kind.export.is_unpivoted:
        places = [kind.places.get(ours) for ours in columns]
        return [tuple(text(cells, place) for place in places) for cells in rows]
    return [
        tuple(
            (header if column.unpivot == "header" else text(cells, place))
            if column.unpivot
            else text(cells, kind.places.get(ours))
            for ours, column in columns.items()
        )
        for cells in rows
        for place, header in kind.unpivoted.items()
    ]


@cache
def samples() -> tuple[Sample, ...]:
    """Return every sample that is no look-alike to be refused; they are found by their paths."""
    found = []
    with duckdb.connect() as con, TemporaryDirectory() as folder:
        for path in sorted(FOLDER.glob("*/*")):
            export = load_exports().get(f"{path.parent.name}.{path.stem.partition('@')[0]}")
            if path.suffix in FAMILIES and export and not export.refuse:
                sample = _sample(path, export, Batch(con, Path(folder)))
                if sample:
                    found.append(sample)
    return tuple(found)


def _sample(path: Path, export: Export, batch: Batch) -> Sample | None:
    """Return one sample; None where the whole of it is meant to be refused."""
    content = path.read_bytes()
    kinds = recognise_all(path, [export], CURRENCY)
    if isinstance(kinds, Unknown):
        return None
    [kind] = kinds
    seen = batch.look(path.name, content, export, [export])
    batch.finish()
    if seen.outcome != "read":
        return None
    family = FAMILIES[path.suffix]
    per_line = len(kind.unpivoted) or 1
    rows_of: dict[int, list[int]] = {}
    for number, line in enumerate(seen.lines):
        rows_of.setdefault(line, []).extend(range(number * per_line, (number + 1) * per_line))
    sample = Sample(
        path, content, export, _look_alikes(export, kind), family, seen, kind, rows_of=rows_of
    )
    if family != "text":
        return sample
    delimiter = kind.table.delimiter.encode()
    quote = export.quote.encode() if export.quote else None
    lines = tuple(_lines(content, kind.header_line, delimiter, quote))
    return replace(sample, delimiter=delimiter, quote=quote, lines=lines)


def _look_alikes(export: Export, kind: Recognised) -> tuple[Export, ...]:
    """Return the exports that a file with a few changed headers could be taken for."""
    names = {plain(name) for name in kind.header}
    found = [export]
    for other in load_exports().values():
        missing = sum(
            1
            for ours in other.signature
            if not names
            & {plain(n.replace("{currency}", CURRENCY)) for n in other.columns[ours].theirs}
        )
        if other is not export and set(other.formats) & set(export.formats) and missing <= 2:
            found.append(other)
    return tuple(found)


def _lines(content: bytes, header: int, delimiter: bytes, quote: bytes | None) -> Iterator[Line]:
    """Yield the records from the header on, by RFC 4180, read character by character."""
    plain_cell = rb"[^" + re.escape(delimiter) + rb"\r\n" + (quote or b"") + rb"]*"
    quoted = rb'"(?:[^"]|"")*"|' if quote else b""
    cell = re.compile(b"(?:" + quoted + plain_cell + b")")
    number, at = 1, 0
    while number < header:
        at = content.index(b"\n", at) + 1
        number += 1
    if at == 0 and content.startswith(b"\xef\xbb\xbf"):
        at = 3
    while at < len(content):
        start, cells = at, []
        while True:
            found = cell.match(content, at)
            assert found is not None
            cells.append(found.span())
            at = found.end()
            if content[at : at + 1] != delimiter:
                break
            at += 1
        newline = re.compile(rb"\r?\n|\Z").match(content, at)
        if newline is None:  # damaged: read on at the next physical line
            stop = content.find(b"\n", start) + 1 or len(content)
            yield Line(number, start, len(content[:stop].rstrip(b"\r\n")), stop, ())
            at, number = stop, number + 1
        else:
            yield Line(number, start, at, newline.end(), tuple(cells))
            number += content.count(b"\n", start, newline.end())
            at = newline.end()
