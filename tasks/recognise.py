"""Which export a file is: told by its header and content, never by its name."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from config.export import Export
from tasks.readers.delimited import Dialect
from tasks.readers.peek import Peek, Refused, peek, split_line

DEEPEST_HEADER = 25  # lines; eBay's reports have eleven above it, Amazon's nine
LIKENESS = 0.75  # of the needed headers; below it a file is another kind, not a damaged one
BLANKS = " \t\r\n\u00a0\ufeff\u200b"


@dataclass(frozen=True)
class Recognised:
    """A file that is what an export declares, and where its columns are."""

    export: Export
    dialect: Dialect
    header_line: int  # 1-based
    header: tuple[str, ...]
    places: Mapping[str, int]  # our column -> position of theirs


@dataclass(frozen=True)
class Unknown:
    """A readable file of a kind that nobody declared yet: left where it is, and listed."""

    reason: str


class RefusedAs(Refused):
    """A refused file whose export is known, so that its owner can be told."""

    def __init__(self, export: Export, code: str, message: str) -> None:
        super().__init__(code, message)
        self.export = export


def recognise(path: Path, exports: Collection[Export], currency: str) -> Recognised | Unknown:
    """Return which of `exports` the file is; `currency` (the shop's) completes header names.

    Raises:
        Refused: it is no table at all, or it is like an export but lacks what that must have.
    """
    seen = peek(path)
    if seen.kind != "text":
        return Unknown(f"a {seen.kind} file; no export of that kind is declared")
    tables = {(d, e.quote): _tables(seen, d, e.quote) for e in exports for d in e.delimiters}
    candidates = [
        _candidate(export, table, currency)
        for export in exports
        for delimiter in export.delimiters
        for table in tables[delimiter, export.quote]
    ]
    fitting = [c for c in candidates if not c.missing and not c.disqualified]
    for candidate in fitting:
        if candidate.export.refuse:
            raise RefusedAs(
                candidate.export, "look_alike", f"{path.name}: {candidate.export.refuse}"
            )
    if fitting:
        return _recognised(path, max(fitting, key=lambda c: (len(c.places), c.export.name)))

    near = [
        c
        for c in candidates
        if c.likeness >= LIKENESS and len(c.export.signature) >= 4 and not c.disqualified
    ]
    near = [c for c in near if not c.export.refuse]
    if near:
        raise _lacking(path, max(near, key=lambda c: (c.likeness, len(c.places))))
    if len(seen.head) <= 3 and all(len(line) < 500 for line in seen.head) and _is_message(seen):
        raise Refused(
            "message_not_table",
            f"{path.name} holds a message and no table: {' '.join(seen.head).strip()[:200]!r}. Ask for the"
            " report again.",
        )
    return Unknown("its header fits no declared export")


@dataclass(frozen=True)
class _Table:
    """One way to read the head of a file: a header line and how it is cut."""

    line: int
    delimiter: str
    header: tuple[str, ...]
    names: tuple[str, ...]  # the header without what exports vary


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


@lru_cache(maxsize=50_000)
def plain(header: str) -> str:
    """Return a header name without what exports vary: case, blanks at its ends, composed accents."""
    return unicodedata.normalize("NFC", header).strip(BLANKS).casefold()


def _tables(seen: Peek, delimiter: str, quote: str | None) -> list[_Table]:
    """Return every line of the head that could be a header, cut by `delimiter`."""
    found = []
    for number, line in enumerate(seen.head[:DEEPEST_HEADER], start=1):
        if delimiter in line:
            header = tuple(split_line(line, delimiter, quote))
            found.append(_Table(number, delimiter, header, tuple(plain(name) for name in header)))
    return found


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
    return _Candidate(export, table, places, missing, tuple(doubled), disqualified)


def _recognised(path: Path, best: _Candidate) -> Recognised:
    if best.doubled:
        raise RefusedAs(
            best.export,
            "doubled_column",
            f"{path.name} has the column {best.doubled[0]!r} twice, so its cells are uncertain. Export it"
            f" again ({best.export.where}).",
        )
    dialect = Dialect(best.table.delimiter, best.export.quote, best.export.encodings)
    return Recognised(best.export, dialect, best.table.line, best.table.header, best.places)


def _lacking(path: Path, best: _Candidate) -> RefusedAs:
    taken = {best.table.header[place] for place in best.places.values()}
    known = {plain(name) for name in best.export.also}
    free = [
        name.strip(BLANKS)
        for name in best.table.header
        if name not in taken and plain(name) not in known
    ]
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


def _is_message(seen: Peek) -> bool:
    """Return whether no line has anything that could part columns."""
    return all(line.count(sign) <= (sign != "\t") for line in seen.head for sign in "\t,;|")
