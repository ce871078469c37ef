"""A table of a file that is an export, and where its columns are."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from config.export import Export
from tasks.reading.candidate import Candidate
from tasks.reading.delimited import Dialect, audit
from tasks.reading.drift import drift, new_segments
from tasks.reading.grid import read_grid
from tasks.reading.header import Table, pattern_of, unclaimed, unpivoted_of
from tasks.reading.peek import RefusedAs
from tasks.reading.reading import Reading

# Names of columns whose long numbers are no cards.
OF_IDS = re.compile(
    r"(?:id|ids|gid|key|token|tracking|barcode|upc|ean|gtin|isbn|asin|fnsku|url|uri|number|num|no|ref"
    r"|reference|references)[\s\d.\])]*$"
)


@dataclass(frozen=True)
class Recognised:
    """A table of a file that is what an export declares, and where its columns are."""

    export: Export
    table: Table = field(repr=False)
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
        """The character between its cells; empty where the format has none."""
        return self.table.delimiter

    @property
    def decimals(self) -> tuple[str, ...]:
        """The decimal marks that it may have: both, where `;` separates its cells."""
        return ("dot", "comma") if self.delimiter == ";" else self.export.decimals

    @property
    def known(self) -> list[int]:
        """Positions of the columns that are declared, and are not personal data nobody asked for."""
        private = pattern_of(self.export.private) if self.export.private else None
        new = set(unclaimed(self.export, self.table, self.places)) - set(self.unpivoted)
        return [
            place
            for place, name in enumerate(self.table.names)
            if place in self.places.values()
            or (name and place not in new and not (private and private.fullmatch(name)))
        ]

    @property
    def is_declared(self) -> bool:
        """Whether the export says of every column what it holds, and nobody is named in any."""
        is_known = all(self.table.names) and not (
            set(unclaimed(self.export, self.table, self.places)) - set(self.unpivoted)
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
        """The line of the header, from 1; 0 where the names come from the records themselves."""
        return self.table.line

    @property
    def header(self) -> tuple[str, ...]:
        """Their header, as it is."""
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


def recognised_as(path: Path, best: Candidate) -> Recognised:
    """Return the table as the export that it fits.

    Raises:
        RefusedAs: a column of ours is there twice.
    """
    if best.doubled:
        raise RefusedAs(
            best.export,
            "doubled_column",
            f"{path.name} has the column {best.doubled[0]!r} twice, so its cells are uncertain. Export it"
            f" again ({best.export.where}).",
        )
    unpivoted = unpivoted_of(best.export, best.table, best.places)
    if best.export.formats == ("edi",):
        return Recognised(best.export, best.table, best.places, unpivoted, new_segments(best))
    warnings = () if unpivoted else drift(best)
    return Recognised(best.export, best.table, best.places, unpivoted, warnings)
