"""One file that is open: its cells are in a view, as text and under the names of our columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tasks.reading import cells
from tasks.reading.cells import Grammar
from tasks.reading.recognised import Recognised
from tasks.rules.sql_text import literal

CELLS = "cells_as_text"  # the view: line_no, and each cell that is read as c<place>
TEXTS = "trimmed"  # the common table expression of `texts`
ROWS_OF_FILE = 1 << 40  # more than any file has


@dataclass(frozen=True)
class OpenFile:
    """A file whose cells are in the view `CELLS`, for as long as its bytes are at hand.

    `number` counts the files of its report that are read together: it keeps the rows of one apart
    from those of another.
    """

    file_id: str
    exported_at: datetime
    kind: Recognised
    grammar: Grammar
    number: int

    @property
    def row_no(self) -> str:
        """The SQL of the number that no other row at the gate has."""
        start = self.number * ROWS_OF_FILE
        if not self.kind.unpivoted:
            return f"{start} + line_no"
        return f"{start} + line_no * {len(self.kind.header)} + unpivoted_no"

    @property
    def row_keys(self) -> str:
        """The columns that a row is found again by within its file."""
        return "line_no, unpivoted_no" if self.kind.unpivoted else "line_no"

    def texts(self, source: str = CELLS) -> str:
        """Return the common table expression of the rows of `source`: each column's cell as text.

        `other_card` says whether a cell that is in none of our columns holds a card number.
        """
        texts = []
        for ours, column in self.kind.export.columns.items():
            place = self.kind.places.get(ours)
            cell = "cast(null as varchar)" if place is None else f"c{place}"
            cell = f"unpivoted_{column.unpivot}" if column.unpivot else cell
            texts.append(f"{cells.text(cell, column)} as {ours}__text")
        other = " or ".join(f"has_card(c{place})" for place in self.kind.scanned) or "false"
        return (
            f"{TEXTS} as not materialized (select {self.row_keys}, {other} as other_card,"
            f" {', '.join(texts)} from {_rows(self.kind.unpivoted, source)})"
        )


def _rows(unpivoted: Mapping[int, str], source: str) -> str:
    """Return the SQL of a file's rows: one per line, or one per line and column that is unpivoted."""
    if not unpivoted:
        return source
    headers = " ".join(
        f"when 'c{place}' then {literal(header)}" for place, header in unpivoted.items()
    )
    places = ", ".join(f"c{place}" for place in unpivoted)
    numbers = " ".join(f"when 'c{place}' then {place}" for place in unpivoted)
    return (
        f"(select * exclude (unpivoted_place), case unpivoted_place {headers} end as unpivoted_header,"
        f" case unpivoted_place {numbers} end as unpivoted_no from ("
        f"from {source} unpivot include nulls (unpivoted_cell for unpivoted_place in ({places}))))"
    )
