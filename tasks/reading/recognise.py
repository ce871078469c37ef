"""Which export a file is: seen from its header and content, never from its name."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from config.export import Export
from tasks.reading import edi, json_records, workbook
from tasks.reading.candidate import Candidate, candidate_of, looks_alike
from tasks.reading.drift import lacking, nearest
from tasks.reading.grid import Grid, trimmed
from tasks.reading.header import DEEPEST_HEADER, Table, table_of
from tasks.reading.no_export import (
    is_message,
    refuse_saved_again,
    refuse_spreadsheet,
    why_unknown,
)
from tasks.reading.peek import Peek, Refused, RefusedAs, peek, split_line
from tasks.reading.recognised import Recognised, recognised_as


@dataclass(frozen=True)
class Unknown:
    """A readable file of a kind that nobody declared yet: left where it is, and listed."""

    reason: str


def recognise(
    path: Path, exports: Collection[Export], currency: str, part: str | None = None
) -> Recognised | Unknown:
    """Return which of `exports` the file is: its first table that is one, or its table `part`.

    Raises:
        Refused: it is no table at all, or it is like an export but lacks what that must have.
    """
    found = recognise_all(path, exports, currency, part)
    return found if isinstance(found, Unknown) else found[0]


def of_header(
    name: str,
    export: Export,
    header: Iterable[str],
    line: int,
    part: str,
    currency: str,
    delimiter: str = "",
) -> Recognised:
    """Return a table that was read before as `export` sees its header now.

    Raises:
        Refused: the export asks for columns that it has not.
    """
    grid = Grid(part, "", ()) if part else None
    table = table_of(line, delimiter, tuple(header), grid)
    candidate = candidate_of(export, table, currency)
    if candidate.missing or candidate.disqualified:
        raise lacking(Path(name), candidate)
    return recognised_as(Path(name), candidate)


def recognise_all(
    path: Path, exports: Collection[Export], currency: str, part: str | None = None
) -> list[Recognised] | Unknown:
    """Return every table of the file that is one of `exports`, or why none is.

    A workbook has a table a sheet, an interchange one a transaction set, any other file one only.
    `currency` (the shop's) completes header names.

    Raises:
        Refused: it is no table at all, or it is like an export but lacks what that must have.
    """
    seen = peek(path)
    if seen.kind in ("zip", "gzip"):
        raise Refused(
            "archive", f"{path.name} is an archive within an archive. Deliver the files in it."
        )
    tables: dict[str, list[tuple[Export, Table]]] = {}
    for export, table in _tables(path, seen, exports):
        name = table.grid.part if table.grid else ""
        if part in (None, name):
            tables.setdefault(name, []).append((export, table))
    found = [
        kind
        for pairs in tables.values()
        if (kind := _best(path, seen, [candidate_of(e, t, currency) for e, t in pairs]))
    ]
    if found:
        return found
    near = [
        c
        for pairs in tables.values()
        for c in (candidate_of(export, table, currency) for export, table in pairs)
        if c.is_like and not c.disqualified
    ]
    near = [c for c in near if not c.export.refuse]
    if near:
        raise lacking(path, max(near, key=lambda c: (c.likeness, len(c.places))))
    if seen.kind == "workbook" and not any("workbook" in table.formats for table in exports):
        return Unknown("a workbook; no export of that kind is declared")
    if seen.kind == "workbook":
        refuse_spreadsheet(path, exports, currency)
    if seen.kind == "text":
        refuse_saved_again(path, seen, exports, currency)
    if is_message(seen):
        raise Refused(
            "message_not_table",
            f"{path.name} holds a short message and no table, as a channel answers instead of a"
            " report. Read it where it came from, then ask for the report again.",
        )
    candidates = [candidate_of(e, t, currency) for pairs in tables.values() for e, t in pairs]
    return Unknown(why_unknown(seen) + nearest(candidates))


def _tables(path: Path, seen: Peek, exports: Collection[Export]) -> Iterator[tuple[Export, Table]]:
    """Yield every table that the file could be, with the exports that could be it."""

    @cache
    def of_text(delimiter: str, quote: str | None) -> list[Table]:
        cut = (
            (number, tuple(split_line(line, delimiter, quote)))
            for number, line in enumerate(seen.head[:DEEPEST_HEADER], start=1)
            if delimiter in line
        )
        return [table_of(number, delimiter, header) for number, header in cut]

    @cache
    def of_grid(grid: Grid | None) -> list[Table]:
        heads = [] if grid is None else grid.rows[:DEEPEST_HEADER]
        cut = ((line, tuple(cell or "" for cell in trimmed(cells))) for line, cells in heads)
        return [table_of(line, "", header, grid) for line, header in cut if len(header) > 1]

    book = workbook.sheets(path) if seen.kind == "workbook" else []
    for export in exports:
        tables: list[Table] = []
        if seen.kind == "text" and "delimited" in export.formats:
            tables = [
                t for delimiter in export.delimiters for t in of_text(delimiter, export.quote)
            ]
        elif seen.kind == "workbook" and "workbook" in export.formats:
            tables = [table for sheet in book for table in of_grid(sheet)]
        elif seen.kind == "json" and "json" in export.formats:
            tables = of_grid(json_records.grid(path, export.records, export.each))[:1]
        elif seen.kind == "edi" and "edi" in export.formats:
            document = edi.grid(path, export.transaction_set or "", export.each or "")
            tables = of_grid(document)[:1]
        for table in tables:
            yield export, table


def _best(path: Path, seen: Peek, candidates: Collection[Candidate]) -> Recognised | None:
    """Return the export that fits best.

    Raises:
        Refused: it is one that must not be taken for another.
    """
    fitting = [c for c in candidates if not c.missing]
    looks = [c for c in fitting if c.export.refuse and looks_alike(seen, c)]
    fitting = [c for c in fitting if not c.disqualified and not c.export.refuse]
    if looks:
        export = looks[0].export
        raise RefusedAs(export, "look_alike", f"{path.name}: {export.refuse}")
    if not fitting:
        return None
    return recognised_as(path, max(fitting, key=lambda c: (len(c.places), c.export.name)))
