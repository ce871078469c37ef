"""A header: one way to read a file as a table, and which of its names an export declares."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from config.export import Export
from tasks.reading.grid import Grid

DEEPEST_HEADER = 25  # lines; eBay's reports have eleven above it, Amazon's nine
BLANKS = " \t\r\n\u00a0\ufeff\u200b"


@dataclass(frozen=True)
class Table:
    """One way to read a file as a table: a header line and how it is cut."""

    line: int
    delimiter: str
    header: tuple[str, ...]
    names: tuple[str, ...]  # the header without what exports vary
    grid: Grid | None = None

    @cached_property
    def place_of(self) -> Mapping[str, int]:
        """The first place of each name."""
        return {name: place for place, name in reversed(list(enumerate(self.names)))}


def table_of(line: int, delimiter: str, header: tuple[str, ...], grid: Grid | None = None) -> Table:
    """Return the table whose header is cut from `line`."""
    return Table(line, delimiter, header, tuple(plain(name) for name in header), grid)


@lru_cache(maxsize=50_000)
def plain(header: str) -> str:
    """Return a header name without what exports vary: case, blanks at its ends, composed accents."""
    return unicodedata.normalize("NFC", header).strip(BLANKS).casefold()


def unclaimed(export: Export, table: Table, places: Mapping[str, int]) -> list[int]:
    """Return the positions of headers that the export does not know."""
    known = known_names(export)
    return [
        place
        for place, name in enumerate(table.names)
        if name and place not in places.values() and not known.fullmatch(name)
    ]


def unpivoted_of(export: Export, table: Table, places: Mapping[str, int]) -> dict[int, str]:
    """Return the columns that become rows: all that nothing else claims."""
    if not export.is_unpivoted:
        return {}
    return {place: table.header[place].strip(BLANKS) for place in unclaimed(export, table, places)}


@lru_cache(maxsize=1_000)
def known_names(export: Export) -> re.Pattern[str]:
    """Return the pattern of all headers that the export declares."""
    theirs = (alias for column in export.columns.values() for alias in column.theirs)
    return pattern_of((*export.also, *export.private, *theirs))


@lru_cache(maxsize=1_000)
def pattern_of(names: tuple[str, ...]) -> re.Pattern[str]:
    """Return the pattern of plain header names, in which `*` stands for anything."""
    return re.compile("|".join(".*".join(map(re.escape, plain(n).split("*"))) for n in names))
