"""Which export a file is: told by its header and content, never by its name."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache, lru_cache
from pathlib import Path

from config.export import Export
from tasks.reading import edi, json_records, workbook
from tasks.reading.delimited import SIGNS, Dialect, audit
from tasks.reading.grid import Grid, read_grid, trimmed
from tasks.reading.peek import HEAD_BYTES, Peek, Refused, peek, split_line
from tasks.reading.reading import Reading

DEEPEST_HEADER = 25  # lines; eBay's reports have eleven above it, Amazon's nine
LIKENESS = 0.75  # of the needed headers; below it a file is another kind, not a damaged one
LIKE_ENOUGH = 6  # needed headers found: then LEAST_LIKENESS is enough
LEAST_LIKENESS = 0.6
NEAR_COLUMNS = 4  # declared headers found: then it is worth naming what it is nearest to
# Names of columns whose long numbers are no cards.
OF_IDS = re.compile(
    r"(?:id|ids|gid|key|token|tracking|barcode|upc|ean|gtin|isbn|asin|fnsku|url|uri|number|num|no|ref"
    r"|reference|references)[\s\d.\])]*$"
)
FIRST_ROWS = 1_000  # that tell a look-alike
SEGMENT = re.compile(r"([A-Z][A-Z0-9]{1,2})(?:\[.*\])?(?:\d\d)?")  # of a cell of EDI, as N1[ST]04
BLANKS = " \t\r\n\u00a0\ufeff\u200b"


@dataclass(frozen=True)
class Recognised:
    """A table of a file that is what an export declares, and where its columns are."""

    export: Export
    table: "_Table" = field(repr=False)
    places: Mapping[str, int]  # our column -> position of theirs
    unpivoted: Mapping[int, str]  # positions of columns that become rows, with their headers
    warnings: tuple[str, ...]  # how its header differs from the one that is declared
    scanned: tuple[int, ...] = ()  # positions of cells nobody keeps, looked at for card numbers

    @property
    def part(self) -> str:
        """Which table of the file it is; empty where the file has one only."""
        return self.table.grid.part if self.table.grid else ""

    @property
    def delimiter(self) -> str:
        """The sign that parts its cells; empty where the format has none."""
        return self.table.delimiter

    @property
    def decimals(self) -> tuple[str, ...]:
        """The decimal signs that it may have: both, where `;` parts its cells."""
        return ("dot", "comma") if self.delimiter == ";" else self.export.decimals

    @property
    def known(self) -> list[int]:
        """Positions of the columns that are declared, and are not personal data nobody asked for."""
        private = _pattern(self.export.private) if self.export.private else None
        unclaimed = set(_unclaimed(self.export, self.table, self.places)) - set(self.unpivoted)
        return [
            place
            for place, name in enumerate(self.table.names)
            if place in self.places.values()
            or (name and place not in unclaimed and not (private and private.fullmatch(name)))
        ]

    @property
    def is_declared(self) -> bool:
        """Whether the export says of every column what it holds, and nobody is named in any."""
        is_known = all(self.table.names) and not (
            set(_unclaimed(self.export, self.table, self.places)) - set(self.unpivoted)
        )
        return is_known and not self.export.is_private and not self.part

    @property
    def others(self) -> tuple[int, ...]:
        """Positions of columns that are none of ours, but for those that hold ids by their names."""
        return tuple(
            place
            for place, name in enumerate(self.table.names)
            if place not in self.places.values()
            and place not in self.unpivoted
            and not OF_IDS.search(name)
        )

    @property
    def header_line(self) -> int:
        """Where the header stands, from 1; 0 where the names come from the records themselves."""
        return self.table.line

    @property
    def header(self) -> tuple[str, ...]:
        """Their header, as it stands."""
        return self.table.header

    def read(self, path: Path, work: Path) -> Reading:
        """Return what is certain and what is damaged in the table.

        Raises:
            Refused: too little of it can be read.
        """
        if self.table.grid:
            return read_grid(self.table.grid, self.table.line, self.export.other_line)
        dialect = Dialect(self.table.delimiter, self.export.quote, self.export.encodings)
        return audit(
            path,
            dialect,
            header_line=self.table.line,
            width=len(self.table.header),
            work=work,
            other_line=self.export.other_line,
        )


@dataclass(frozen=True)
class Unknown:
    """A readable file of a kind that nobody declared yet: left where it is, and listed."""

    reason: str


class RefusedAs(Refused):
    """A refused file whose export is known, so that its owner can be told."""

    def __init__(self, export: Export, code: str, message: str) -> None:
        super().__init__(code, message)
        self.export = export


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
    table = _table(line, delimiter, tuple(header), grid)
    candidate = _candidate(export, table, currency)
    if candidate.missing or candidate.disqualified:
        raise _lacking(Path(name), candidate)
    return _recognised(Path(name), candidate)


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
    tables: dict[str, list[tuple[Export, _Table]]] = {}
    for export, table in _tables(path, seen, exports):
        name = table.grid.part if table.grid else ""
        if part in (None, name):
            tables.setdefault(name, []).append((export, table))
    found = [
        kind
        for pairs in tables.values()
        if (kind := _best(path, seen, [_candidate(e, t, currency) for e, t in pairs]))
    ]
    if found:
        return found
    near = [
        c
        for pairs in tables.values()
        for c in (_candidate(export, table, currency) for export, table in pairs)
        if c.is_like and not c.disqualified
    ]
    near = [c for c in near if not c.export.refuse]
    if near:
        raise _lacking(path, max(near, key=lambda c: (c.likeness, len(c.places))))
    if seen.kind == "workbook" and not any("workbook" in table.formats for table in exports):
        return Unknown("a workbook; no export of that kind is declared")
    if seen.kind == "workbook":
        _refuse_spreadsheet(path, exports, currency)
    if seen.kind == "text":
        _refuse_saved_again(path, seen, exports, currency)
    if _is_message(seen):
        raise Refused(
            "message_not_table",
            f"{path.name} holds a short message and no table, as a channel answers instead of a"
            " report. Read it where it came from, then ask for the report again.",
        )
    candidates = [_candidate(e, t, currency) for pairs in tables.values() for e, t in pairs]
    return Unknown(_why_unknown(seen) + _nearest(candidates))


@dataclass(frozen=True)
class _Table:
    """One way to read a file as a table: a header line and how it is cut."""

    line: int
    delimiter: str
    header: tuple[str, ...]
    names: tuple[str, ...]  # the header without what exports vary
    grid: Grid | None = None


@dataclass(frozen=True)
class _Candidate:
    """How far one table fits one export."""

    export: Export
    table: _Table
    places: Mapping[str, int]
    missing: tuple[str, ...]  # our names
    doubled: tuple[str, ...]  # theirs
    disqualified: bool

    @property
    def likeness(self) -> float:
        needed = len(self.export.signature)
        return (needed - len(self.missing)) / needed

    @property
    def is_like(self) -> bool:
        """Whether it is that export, damaged, and no other kind."""
        needed = len(self.export.signature)
        is_much = needed - len(self.missing) >= LIKE_ENOUGH
        return needed >= 4 and self.likeness >= (LEAST_LIKENESS if is_much else LIKENESS)


@lru_cache(maxsize=50_000)
def plain(header: str) -> str:
    """Return a header name without what exports vary: case, blanks at its ends, composed accents."""
    return unicodedata.normalize("NFC", header).strip(BLANKS).casefold()


def _tables(path: Path, seen: Peek, exports: Collection[Export]) -> Iterator[tuple[Export, _Table]]:
    """Yield every table that the file could be, with the exports that could be it."""

    @cache
    def of_text(delimiter: str, quote: str | None) -> list[_Table]:
        cut = (
            (number, tuple(split_line(line, delimiter, quote)))
            for number, line in enumerate(seen.head[:DEEPEST_HEADER], start=1)
            if delimiter in line
        )
        return [_table(number, delimiter, header) for number, header in cut]

    @cache
    def of_grid(grid: Grid | None) -> list[_Table]:
        heads = [] if grid is None else grid.rows[:DEEPEST_HEADER]
        cut = ((line, tuple(cell or "" for cell in trimmed(cells))) for line, cells in heads)
        return [_table(line, "", header, grid) for line, header in cut if len(header) > 1]

    book = workbook.sheets(path) if seen.kind == "workbook" else []
    for export in exports:
        tables: list[_Table] = []
        if seen.kind == "text" and "delimited" in export.formats:
            tables = [t for sign in export.delimiters for t in of_text(sign, export.quote)]
        elif seen.kind == "workbook" and "workbook" in export.formats:
            tables = [table for sheet in book for table in of_grid(sheet)]
        elif seen.kind == "json" and "json" in export.formats:
            tables = of_grid(json_records.grid(path, export.records, export.each))[:1]
        elif seen.kind == "edi" and "edi" in export.formats:
            document = edi.grid(path, export.transaction_set or "", export.each or "")
            tables = of_grid(document)[:1]
        for table in tables:
            yield export, table


def _table(line: int, delimiter: str, header: tuple[str, ...], grid: Grid | None = None) -> _Table:
    return _Table(line, delimiter, header, tuple(plain(name) for name in header), grid)


def _best(path: Path, seen: Peek, candidates: Collection[_Candidate]) -> Recognised | None:
    """Return the export that fits best.

    Raises:
        Refused: it is one that must not be taken for another.
    """
    fitting = [c for c in candidates if not c.missing]
    looks = [c for c in fitting if c.export.refuse and _looks_alike(seen, c)]
    fitting = [c for c in fitting if not c.disqualified and not c.export.refuse]
    if looks:
        export = looks[0].export
        raise RefusedAs(export, "look_alike", f"{path.name}: {export.refuse}")
    if not fitting:
        return None
    return _recognised(path, max(fitting, key=lambda c: (len(c.places), c.export.name)))


def _looks_alike(seen: Peek, candidate: _Candidate) -> bool:
    """Return whether the file's first rows show it to be the look-alike of the candidate."""
    told = candidate.export.refuse_if
    rows = [row for row in _first_rows(seen, candidate.table) if any(row)]
    if told is None or not rows:
        return not candidate.disqualified

    def cells(name: str) -> list[str]:
        place = candidate.places.get(name)
        return ["" if place is None else row[place] for row in rows]

    numbers = [
        tuple(re.sub(r"\D", "", cell) for cell in pair)
        for pair in zip(*map(cells, told.same_number), strict=True)
    ]
    named = [pair for pair in numbers if all(pair)]
    if named:
        return all(one == other for one, other in named)
    return not any(any(cells(name)) for name in told.blank)


def _first_rows(seen: Peek, table: _Table) -> Iterator[tuple[str, ...]]:
    """Yield the rows of a first look at the file, below its header; torn ones are left out."""
    width = len(table.header)
    if table.grid:
        rows = (cells for line, cells in table.grid.rows[:FIRST_ROWS] if line > table.line)
        yield from (
            tuple((c or "").strip() for c in (*cells, *[None] * width)[:width]) for cells in rows
        )
        return
    for line in seen.head[table.line : table.line + FIRST_ROWS]:
        cells = split_line(line, table.delimiter, '"')
        if len(cells) == width:
            yield tuple(cell.strip() for cell in cells)


def _candidate(export: Export, table: _Table, currency: str) -> _Candidate:
    names = table.names
    places, doubled = {}, []
    for ours, column in export.columns.items():
        for alias in column.theirs:
            name = plain(alias.replace("{currency}", currency))
            if name in names:
                places[ours] = names.index(name)
                if names.count(name) > 1:
                    doubled.append(alias)
                break
    missing = tuple(ours for ours in export.signature if ours not in places)
    disqualified = any(plain(name) in names for name in export.absent)
    if export.is_unpivoted:
        disqualified |= not _unpivoted(export, table, places)
    return _Candidate(export, table, places, missing, tuple(doubled), disqualified)


def _recognised(path: Path, best: _Candidate) -> Recognised:
    if best.doubled:
        raise RefusedAs(
            best.export,
            "doubled_column",
            f"{path.name} has the column {best.doubled[0]!r} twice, so its cells are uncertain. Export it"
            f" again ({best.export.where}).",
        )
    unpivoted = _unpivoted(best.export, best.table, best.places)
    if best.export.formats == ("edi",):
        return Recognised(best.export, best.table, best.places, unpivoted, _new_segments(best))
    warnings = () if unpivoted else _drift(best)
    return Recognised(best.export, best.table, best.places, unpivoted, warnings)


def _unpivoted(export: Export, table: _Table, places: Mapping[str, int]) -> dict[int, str]:
    """Return the columns that become rows: all that nothing else claims."""
    if not export.is_unpivoted:
        return {}
    return {place: table.header[place].strip(BLANKS) for place in _unclaimed(export, table, places)}


def _unclaimed(export: Export, table: _Table, places: Mapping[str, int]) -> list[int]:
    """Return the positions of headers that the export does not know."""
    known = _known(export)
    return [
        place
        for place, name in enumerate(table.names)
        if name and place not in places.values() and not known.fullmatch(name)
    ]


@lru_cache(maxsize=1_000)
def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(".*".join(map(re.escape, plain(n).split("*"))) for n in names))


def _known(export: Export) -> re.Pattern[str]:
    """Return the pattern of all headers that the export declares."""
    theirs = (alias for column in export.columns.values() for alias in column.theirs)
    return _pattern((*export.also, *export.private, *theirs))


def _drift(best: _Candidate) -> tuple[str, ...]:
    """Return how the header differs from the declared one, for a person."""
    new = [
        best.table.header[p].strip(BLANKS) for p in _unclaimed(best.export, best.table, best.places)
    ]
    gone = {
        column.theirs[0]: ours
        for ours, column in best.export.columns.items()
        if column.theirs and ours not in best.places
    }
    told = []
    for name in new:
        renamed = get_close_matches(name, gone, n=1, cutoff=0.75)
        was = f"; is it {renamed[0]!r} ({gone[renamed[0]]}), renamed?" if renamed else ""
        told.append(f"new column {name!r}{was}")
    # A name that only a pattern knows may be a column of ours, damaged.
    alike = [best.table.header[p].strip(BLANKS) for p in _by_pattern_only(best)]
    for theirs, ours in gone.items():
        if near := get_close_matches(theirs, alike, n=1, cutoff=0.75):
            told.append(f"is {near[0]!r} {theirs!r} ({ours}), renamed?")
    names = best.table.names
    nameless = [str(place) for place, name in enumerate(names, start=1) if not name]
    doubled = sorted(
        {
            best.table.header[p].strip(BLANKS)
            for p, name in enumerate(names)
            if name and names.count(name) > 1
        }
    )
    if gone and (nameless or doubled):
        unclear = [
            *(f"column {place} has no name" for place in nameless),
            *(f"{name!r} stands twice" for name in doubled),
        ]
        missing = ", ".join(f"{theirs!r} ({ours})" for theirs, ours in gone.items())
        told.append(f"{'; '.join(unclear)}; is it one of {missing}?")
    return tuple(told)


def _by_pattern_only(best: _Candidate) -> list[int]:
    """Return the positions of headers that are none of ours and that no export names in full."""
    export = best.export
    named = {plain(name) for name in (*export.also, *export.private)}
    taken = {*best.places.values(), *_unclaimed(export, best.table, best.places)}
    return [
        place
        for place, name in enumerate(best.table.names)
        if name and place not in taken and name not in named
    ]


def _new_segments(best: _Candidate) -> tuple[str, ...]:
    """Return the segments of EDI that the export does not know: one may be a known one, damaged."""

    def of(names: Iterable[str]) -> set[str]:
        return {found[1] for name in names if (found := SEGMENT.fullmatch(name))}

    theirs = [alias for column in best.export.columns.values() for alias in column.theirs]
    known = of(theirs) | {
        name.removesuffix("*") for name in (*best.export.also, *best.export.private)
    }
    return tuple(f"new segment {name!r}" for name in sorted(of(best.table.header) - known))


def _lacking(path: Path, best: _Candidate) -> RefusedAs:
    unclaimed = _unclaimed(best.export, best.table, best.places)
    free = [best.table.header[place].strip(BLANKS) for place in unclaimed]
    lacks = []
    for ours in best.missing:
        theirs = best.export.columns[ours].theirs[0]
        near = get_close_matches(theirs, free, n=1, cutoff=0.6) or _sharing_a_word(theirs, free)
        lacks.append(f"{theirs!r}" + (f" (was it renamed to {near[0]!r}?)" if near else ""))
    return RefusedAs(
        best.export,
        "missing_column",
        f"{path.name} looks like {best.export.title}, but lacks {', '.join(lacks)}. Export it again"
        f" ({best.export.where}); if the channel renamed a column, add the new name to {best.export.file}.",
    )


def _sharing_a_word(name: str, others: Iterable[str]) -> list[str]:
    """Return the first of `others` with a long word of `name`: "Shipped On" for "Date - Shipped Date"."""
    words = set(re.findall(r"\w{4,}", name.casefold()))
    return [other for other in others if words & set(re.findall(r"\w{4,}", other.casefold()))][:1]


def _nearest(candidates: Iterable[_Candidate]) -> str:
    """Return which export most of a header is of, by our names alone: the file's may be personal."""
    shares = [
        (sum(1 for name in c.table.names if name and known.fullmatch(name)), c)
        for c in candidates
        if not c.export.refuse and (known := _known(c.export))
    ]
    count, best = max(shares, key=lambda s: (s[0], -len(s[1].missing)), default=(0, None))
    if best is None or count < NEAR_COLUMNS or count < len(best.table.names) * LIKENESS:
        return ""
    lacks = ", ".join(f"{best.export.columns[ours].theirs[0]!r}" for ours in best.missing)
    return (
        f"; {count} of its {len(best.table.names)} columns are those of {best.export.title}"
        + (f", which must have {lacks}" if lacks else "")
        + f". Export it again ({best.export.where}), or add a renamed column to {best.export.file}"
    )


def _is_message(seen: Peek) -> bool:
    """Return whether a file of few short lines has no columns, or speaks of an error."""
    if not seen.head or len(seen.head) > 3 or any(len(line) >= 500 for line in seen.head):
        return False
    if seen.kind != "text":
        return seen.kind == "json" and bool(
            re.search(r'"(error|errors|message)"\s*:', seen.head[0])
        )
    return not any(_parts_columns(seen.head, sign) for sign in "\t,;|")


def _parts_columns(lines: Sequence[str], sign: str) -> bool:
    """Return whether `sign` parts the lines into columns: often, or as often in each of them."""
    counts = {line.count(sign) for line in lines}
    is_even = len(lines) > 1 and len(counts) == 1
    return max(counts) > (0 if is_even or sign == "\t" else 1)


def _why_unknown(seen: Peek) -> str:
    """Return why the file is no export that we know, without a word of what it holds."""
    if seen.kind in ("text", "workbook"):
        if not seen.head and seen.kind == "text":
            return f"text whose first line is longer than {HEAD_BYTES:,} bytes: no table"
        return "its header fits no declared export"
    return f"a {seen.kind} file that fits no declared export"


def _refuse_saved_again(path: Path, seen: Peek, exports: Collection[Export], currency: str) -> None:
    """Say so where text was an export that comes with another sign between its cells."""
    for export in exports:
        for sign in {*SIGNS} - {*export.delimiters} if "delimited" in export.formats else ():
            for number, line in enumerate(seen.head[:DEEPEST_HEADER], start=1):
                if line.count(sign) < len(export.signature) - 1:
                    continue
                table = _table(number, sign, tuple(split_line(line, sign, '"')))
                candidate = _candidate(export, table, currency)
                if not (candidate.missing or candidate.disqualified or export.refuse):
                    raise RefusedAs(
                        export,
                        "saved_again",
                        f"{path.name} is {export.title} saved again with a {SIGNS[sign]} between its"
                        " cells; a program that does so changes ids, dates and amounts, too. Deliver it"
                        f" as it was downloaded ({export.where}).",
                    )


def _refuse_spreadsheet(path: Path, exports: Collection[Export], currency: str) -> None:
    """Say so where a workbook was an export that comes as text: its cells may have been changed."""
    for sheet in workbook.sheets(path):
        for line, cells in sheet.rows[:DEEPEST_HEADER]:
            header = tuple(cell or "" for cell in trimmed(cells))
            table = _table(line, "", header, sheet)
            for export in exports:
                if (
                    "workbook" not in export.formats
                    and not _candidate(export, table, currency).missing
                ):
                    raise RefusedAs(
                        export,
                        "spreadsheet",
                        f"{path.name} is {export.title} saved as an Excel workbook, which changes"
                        f" ids, dates and amounts. Deliver it as it was downloaded ({export.where}).",
                    )
