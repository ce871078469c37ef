"""The exact reader of delimited text: each row is loaded as written, or quarantined with a reason.

Parsers guess at damage, and each guesses differently. So the file is first audited against RFC 4180
by scanning its bytes in blocks; DuckDB then loads only rows of which every cell is certain.
Damage in a row costs that row: reading resumes at the next physical line.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt

from tasks.reading.encodings import Utf8, as_utf8
from tasks.reading.peek import Refused, split_line
from tasks.reading.reading import DamagedRow
from tasks.reading.records import RETURN, Records, scan, write_records, wrong_width
from tasks.rules.sql_text import literal

Ints = npt.NDArray[np.int64]
Faults = dict[int, tuple[str, str]]  # record of a block: reason and detail

BLOCK = 1 << 19  # bytes scanned at once; arrays of this size stay in the processor's cache
SMALLEST = 1 << 12  # right after damage, so that much damage is not read over and over
LONGEST = 1 << 24  # no record is longer: beyond it a quote was never closed
MOST_DAMAGED = 100_000  # rows; beyond it the fault is the file's, not its rows'
RAW_CHARACTERS = 2_000
DELIMITERS = {"\t": "tab", ",": "comma", ";": "semicolon"}
UNCLOSED = ("broken_quotes", "a quote is never closed")
DUCKDB_LINE = 2_000_000  # DuckDB's own limit, raised only for files that need it


@dataclass(frozen=True)
class Dialect:
    """How an export is written; without a `quote`, quotes are data as in Amazon's reports."""

    delimiter: str
    quote: str | None
    encodings: tuple[str, ...]  # tried in this order where no byte order mark decides


@dataclass(frozen=True, eq=False)
class TextReading:
    """What an audit found: `clean` holds the header and exactly the good rows."""

    clean: Path  # the original where nothing had to be fixed
    encoding: str
    delimiter: str
    quote: str | None
    newline: str  # of the header's line
    ends_in_newline: bool  # without one, the last cell of the file may have been cut short
    header: tuple[str, ...]
    rows: int
    damaged: tuple[DamagedRow, ...]
    blank_rows: int
    other_lines: tuple[int, ...]  # repeated headers, and lines declared to be no rows
    repeated_headers: tuple[int, ...]
    notes: Mapping[str, str]  # what those say, by the names their pattern gives it
    bytes: int
    longest: int  # bytes of the longest record
    _lines: tuple[range | Ints, ...] = field(repr=False)

    def line_numbers(self) -> Ints:
        """Return the physical line on which each good row starts; the file's first line is 1."""
        return np.concatenate([np.empty(0, np.int64), *map(_array, self._lines)])

    @property
    def how(self) -> str:
        """How it was read, for a person."""
        return f"{self.encoding}, {DELIMITERS.get(self.delimiter, self.delimiter)}"

    def load(self, con: duckdb.DuckDBPyConnection, into: str, columns: Mapping[int, str]) -> None:
        """Create the temporary view `into` of the certain rows: line_no, and `columns` as text."""
        load_text(con, self, into, columns)


def audit(
    path: Path,
    dialect: Dialect,
    *,
    header_line: int,
    width: int,
    work: Path,
    other_line: re.Pattern[str] | None = None,
) -> TextReading:
    """Return what is good, damaged and no data in the file at `path`, below its header line.

    Rows of another width than `width` cells, with broken quotes, NULs, control characters or
    undecodable bytes are quarantined, unless `other_line` says that they are no rows; blank rows and
    repeated headers are counted. A cleaned copy is written below `work` only where DuckDB could not
    read the original itself.

    Raises:
        Refused: the header is not where it should be, the file ends amid a row, or most of it
            is damaged.
    """
    text = as_utf8(path, dialect.encodings, work / f"{path.name}.utf8")
    with text.path.open("rb") as file:
        inspection = _Inspection(path.name, file.fileno(), text, dialect, width, other_line)
        inspection.run(header_line)
    size = text.path.stat().st_size
    clean = text.path
    if inspection.kept != [(0, size)] or inspection.returns not in (0, inspection.line_ends):
        clean = work / f"{path.name}.clean"
        write_records(text.path, inspection.kept, dialect.quote, clean)
        if text.path != path:
            text.path.unlink()
    return TextReading(
        clean=clean,
        encoding=text.encoding,
        delimiter=dialect.delimiter,
        quote=dialect.quote,
        newline="\r" if text.only_returns else inspection.newline,
        ends_in_newline=inspection.ends_in_newline,
        header=tuple(inspection.header),
        rows=inspection.rows,
        damaged=tuple(inspection.damaged),
        blank_rows=inspection.blank_rows,
        other_lines=tuple(inspection.other_lines),
        repeated_headers=tuple(inspection.repeated_headers),
        notes=inspection.notes,
        bytes=path.stat().st_size,
        longest=inspection.longest,
        _lines=tuple(inspection.lines),
    )


def load_text(
    con: duckdb.DuckDBPyConnection, reading: TextReading, into: str, columns: Mapping[int, str]
) -> None:
    """Create the temporary view `into` of the good rows as text, read from the file as it is asked.

    Its columns are `line_no` and the `columns`, each named by its position in the file, from 0.
    An empty cell is NULL; nothing else is. A `line_no` is NULL where DuckDB counts other rows than
    the audit did: whoever reads the view has to look. It holds as long as the cleaned file does.
    """
    names = {f"c{position}": "VARCHAR" for position in range(len(reading.header))}
    chosen = ", ".join(f'c{position} as "{name}"' for position, name in columns.items())
    quote = literal(reading.quote or "")
    rows = f"""
        select row_number() over () as row_no, {chosen}
        from read_csv(
            {literal(_literal_glob(reading.clean))}, columns = {names}, auto_detect = false,
            header = true, delim = {literal(reading.delimiter)}, quote = {quote}, escape = {quote},
            strict_mode = true, null_padding = false, nullstr = '', allow_quoted_nulls = true,
            comment = '', compression = 'none', hive_partitioning = false,
            max_line_size = {max(DUCKDB_LINE, reading.longest)}
        )
    """
    lines = reading._lines
    if len(lines) == 1 and isinstance(lines[0], range):
        numbered = (
            f"select row_no + {lines[0].start - 1} as line_no, * exclude (row_no) from ({rows})"
        )
    else:
        con.register("line_numbers", {"line_no": reading.line_numbers()})
        try:
            con.execute(f"create or replace temp table {into}_lines as select * from line_numbers")
        finally:
            con.unregister("line_numbers")
        # A row that one side lacks has no line number.
        numbered = (
            f"select case when row_no is not null then line_no end as line_no, cells.* exclude (row_no)"
            f" from {into}_lines positional join ({rows}) as cells"
        )
    con.execute(f"create or replace temp view {into} as {numbered}")


class _Inspection:
    """One pass over a file, block by block: what is kept, and why the rest is not."""

    def __init__(
        self,
        name: str,
        file: int,
        text: Utf8,
        dialect: Dialect,
        width: int,
        other_line: re.Pattern[str] | None,
    ) -> None:
        self.name, self.file, self.text, self.width = name, file, text, width
        self.other_line = other_line
        self.dialect = dialect
        self.size = os.fstat(file).st_size
        self.ends_in_newline = os.pread(file, 1, max(self.size - 1, 0)) == b"\n"
        self.header: list[str] = []
        self.header_record = b""
        self.newline = "\n"
        self.line_ends = self.returns = 0  # of records; how many of them with a carriage return
        self.rows = self.blank_rows = self.longest = 0
        self.damaged: list[DamagedRow] = []
        self.other_lines: list[int] = []
        self.repeated_headers: list[int] = []
        self.notes: dict[str, str] = {}
        self.kept: list[tuple[int, int]] = []  # byte ranges
        self.lines: list[range | Ints] = []

    def run(self, header_line: int) -> None:
        """Go through the file from its header line to its end."""
        delimiter, quote = ord(self.dialect.delimiter), self.dialect.quote
        quote_code = None if quote is None else ord(quote)
        position, line, span = self._start_of(header_line), header_line, BLOCK
        while position < self.size:
            block = os.pread(self.file, span, position)
            is_last = position + len(block) == self.size
            if is_last and not self.ends_in_newline:
                block += b"\n"
            records = scan(block, delimiter, quote_code, self.width)
            if len(records):
                self._take(records, block, position, line)
            position, line, fault = position + records.stop, line + records.next_line, records.fault
            is_full = is_last or (span >= LONGEST and not len(records))
            if fault is None and is_full and records.stop < len(block):
                fault = UNCLOSED
            if fault and (stop := block.find(b"\n", records.stop)) >= 0:
                if not self.header:
                    raise self._no_header(line, fault[1])
                self._quarantine(line, fault, block[records.stop : stop], position)
                position, line, span = position + stop - records.stop + 1, line + 1, SMALLEST
            elif len(records):
                span = min(span * 2, BLOCK)
            elif span < LONGEST:
                span *= 4
            else:
                raise Refused(
                    "row_too_long",
                    f"{self.name}: line {line} is longer than {LONGEST:,} bytes, which no row "
                    "is. Ask for the export again, as a table.",
                )
        if not self.header:
            raise self._no_header(header_line, "the file ends before it")

    def _start_of(self, line: int) -> int:
        position = self.text.start
        for _ in range(line - 1):
            while position < self.size:
                block = os.pread(self.file, SMALLEST, position)
                stop = block.find(b"\n")
                position += len(block) if stop < 0 else stop + 1
                if stop >= 0:
                    break
        return position

    def _take(self, records: Records, block: bytes, position: int, line: int) -> None:
        faults = self._faults(records)
        blank = records.blank(self.dialect.delimiter, self.dialect.quote)
        for record in np.flatnonzero((records.cells != self.width) & ~blank).tolist():
            faults.setdefault(record, wrong_width(int(records.cells[record]), self.width))
        is_first = not self.header
        if is_first:
            self._take_header(records, block, line, faults)
        dialect = self.dialect
        repeated = records.like(self.header, dialect.delimiter, dialect.quote)
        repeated[:is_first] = False
        for record in sorted(faults):
            start, stop = int(records.starts[record]), int(records.ends[record])
            self._quarantine(
                line + int(records.lines[record]),
                faults[record],
                block[start:stop],
                position + start,
            )
        self.blank_rows += int(np.count_nonzero(blank))
        self._refuse_cut_blank(records, blank, position, line)
        self.repeated_headers += (line + records.lines[repeated]).tolist()
        self.other_lines += (line + records.lines[repeated]).tolist()

        good = ~blank & ~repeated
        good[list(faults)] = False
        self._keep(records, good, position)
        good[:is_first] = False
        self.rows += int(np.count_nonzero(good))
        self._number(line + records.lines[good])

    def _refuse_cut_blank(
        self, records: Records, blank: npt.NDArray[np.bool_], position: int, line: int
    ) -> None:
        """Refuse a file that ends amid a row of which only empty cells are left."""
        is_end = position + records.stop >= self.size and not self.ends_in_newline
        if is_end and blank[-1] and records.cells[-1] not in (1, self.width):
            detail = wrong_width(int(records.cells[-1]), self.width)[1]
            raise self._cut(line + int(records.lines[-1]), detail)

    def _take_header(self, records: Records, block: bytes, line: int, faults: Faults) -> None:
        if 0 in faults:
            raise self._no_header(line, faults[0][1])
        self.header_record = block[: int(records.ends[0])]
        self.header = split_line(
            self.header_record.decode(), self.dialect.delimiter, self.dialect.quote
        )
        self.newline = "\r\n" if records.text[records.ends[0]] == RETURN else "\n"
        if not self.header_record.strip():
            raise self._no_header(line, "the line is blank")

    def _faults(self, records: Records) -> Faults:
        faults: Faults = {}
        controls = records.control_characters()
        owners, first = np.unique(records.at(controls), return_index=True)
        for record, code in zip(
            owners.tolist(), records.text[controls[first]].tolist(), strict=True
        ):
            faults[record] = (
                ("control_character", f"the control character U+{code:04X}")
                if code
                else ("nul_byte", "a NUL byte")
            )
        if not self.text.is_valid:
            detail = f"bytes that are not {self.text.encoding}"
            faults |= dict.fromkeys(records.undecodable(), ("not_text", detail))
        return faults

    def _quarantine(self, line: int, fault: tuple[str, str], raw: bytes, position: int) -> None:
        reason, detail = fault
        written = raw.decode("utf-8", "replace").rstrip("\r\n")
        if self.other_line and (found := self.other_line.search(written)):
            self.other_lines.append(line)
            self.notes |= {name: text for name, text in found.groupdict().items() if text}
            return
        reaches_end = position + len(raw) >= self.size and not self.ends_in_newline
        if reaches_end and (reason == "too_few_cells" or fault == UNCLOSED):
            raise self._cut(line, detail)
        self.damaged.append(DamagedRow(line, reason, detail, written[:RAW_CHARACTERS]))
        if len(self.damaged) > MOST_DAMAGED:
            raise Refused(
                "damaged_throughout",
                f"{self.name} has more than {MOST_DAMAGED:,} damaged rows, the first on line "
                f"{self.damaged[0].line_no}: {self.damaged[0].detail}. Ask for the export again.",
            )

    def _keep(self, records: Records, good: npt.NDArray[np.bool_], position: int) -> None:
        bounds = np.append(records.starts, records.stop)
        self.longest = max(self.longest, int(np.diff(bounds).max()))
        is_unended = position + records.stop > self.size
        self.line_ends += len(records) - is_unended
        self.returns += records.returns
        edges = np.flatnonzero(np.diff(good, prepend=False, append=False))
        for start, stop in (bounds[edges].reshape(-1, 2) + position).tolist():
            if self.kept and self.kept[-1][1] == start:
                start = self.kept.pop()[0]
            self.kept.append((start, min(stop, self.size)))

    def _number(self, lines: Ints) -> None:
        if not lines.size:
            return
        first, last = int(lines[0]), int(lines[-1])
        if last - first + 1 != len(lines):
            self.lines.append(lines)
        elif self.lines and isinstance(self.lines[-1], range) and self.lines[-1].stop == first:
            self.lines[-1] = range(self.lines[-1].start, last + 1)
        else:
            self.lines.append(range(first, last + 1))

    def _cut(self, line: int, detail: str) -> Refused:
        return Refused(
            "truncated_file",
            f"{self.name} ends in the middle of a row (line {line}: {detail}). Its download or copy"
            " was cut short: download it again.",
        )

    def _no_header(self, line: int, detail: str) -> Refused:
        return Refused(
            "broken_header",
            f"{self.name}: line {line} should be the header of {self.width} columns, but {detail}. "
            "Ask for the export again.",
        )


def _array(lines: "range | Ints") -> Ints:
    return np.arange(lines.start, lines.stop) if isinstance(lines, range) else lines


def _literal_glob(path: Path) -> str:
    """Return `path` so that DuckDB takes it for one file, whatever characters its name has."""
    return "".join(f"[{character}]" if character in "*?[" else character for character in str(path))
