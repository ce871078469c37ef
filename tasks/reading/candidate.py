"""How far a table fits an export, and whether its first rows show that it only looks like one."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from config.export import Export
from tasks.reading.header import Table, plain, unpivoted_of
from tasks.reading.peek import Peek, split_line

LIKENESS = 0.75  # of the needed headers; below it a file is another kind, not a damaged one
LIKE_ENOUGH = 6  # needed headers found: then LEAST_LIKENESS is enough
LEAST_LIKENESS = 0.6
FIRST_ROWS = 1_000  # that show a look-alike


@dataclass(frozen=True)
class Candidate:
    """How far one table fits one export."""

    export: Export
    table: Table
    places: Mapping[str, int]
    missing: tuple[str, ...]  # our names
    doubled: tuple[str, ...]  # theirs
    disqualified: bool

    @property
    def likeness(self) -> float:
        """The share of the needed columns that are there."""
        needed = len(self.export.signature)
        return (needed - len(self.missing)) / needed

    @property
    def is_like(self) -> bool:
        """Whether it is that export, damaged, and no other kind."""
        needed = len(self.export.signature)
        is_much = needed - len(self.missing) >= LIKE_ENOUGH
        return needed >= 4 and self.likeness >= (LEAST_LIKENESS if is_much else LIKENESS)


def candidate_of(export: Export, table: Table, currency: str) -> Candidate:
    """Return how far the table fits; `currency` (the shop's) completes header names."""
    places: dict[str, int] = {}
    doubled = []
    place_of = table.place_of
    headers, names = _headers(export, currency)
    if not names.isdisjoint(place_of):  # most tables have none of an export's
        for ours, alias, name in headers:
            if name in place_of and ours not in places:
                places[ours] = place_of[name]
                if table.names.count(name) > 1:
                    doubled.append(alias)
    missing = tuple(ours for ours in export.signature if ours not in places)
    disqualified = any(plain(name) in table.place_of for name in export.absent)
    if export.is_unpivoted:
        disqualified |= not unpivoted_of(export, table, places)
    return Candidate(export, table, places, missing, tuple(doubled), disqualified)


@lru_cache(maxsize=1_000)
def _headers(
    export: Export, currency: str
) -> tuple[tuple[tuple[str, str, str], ...], frozenset[str]]:
    """Return every header that the export knows (our column, the header, and as `plain` has it), and the last alone."""
    headers = tuple(
        (ours, alias, plain(alias.replace("{currency}", currency)))
        for ours, column in export.columns.items()
        for alias in column.theirs
    )
    return headers, frozenset(name for _, _, name in headers)


def looks_alike(seen: Peek, candidate: Candidate) -> bool:
    """Return whether the file's first rows show it to be the look-alike of the candidate."""
    alike = candidate.export.refuse_if
    rows = [row for row in _first_rows(seen, candidate.table) if any(row)]
    if alike is None or not rows:
        return not candidate.disqualified

    def cells(name: str) -> list[str]:
        place = candidate.places.get(name)
        return ["" if place is None else row[place] for row in rows]

    numbers = [
        tuple(re.sub(r"\D", "", cell) for cell in pair)
        for pair in zip(*map(cells, alike.same_number), strict=True)
    ]
    named = [pair for pair in numbers if all(pair)]
    if named:
        return all(one == other for one, other in named)
    return not any(any(cells(name)) for name in alike.blank)


def _first_rows(seen: Peek, table: Table) -> Iterator[tuple[str, ...]]:
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
