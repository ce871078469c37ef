"""What reading a file gives, whatever its format: certain rows, damaged rows, and how it was read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import duckdb

from tasks.reading.peek import Refused

DISAGREE = "reader_disagrees"


def require_alike(name: str, audited: int, counted: tuple[int, int]) -> None:
    """Hold the reader and the database to the same number of rows: `counted`, and 0 without line.

    Raises:
        Refused: they differ, so a row was lost or made up.
    """
    if counted != (audited, 0):
        raise Refused(
            DISAGREE,
            f"{name}: {audited} rows were audited, but DuckDB reads {counted[0]}, {counted[1]} of them"
            " of no line. Nothing of the file is used. Keep it and report this: reader and database"
            " disagree.",
        )


@dataclass(frozen=True)
class DamagedRow:
    """A row that no reader could take; `reason` is one word for counting, `detail` a sentence for people."""

    line_no: int
    reason: str
    detail: str
    raw: str  # at most 2,000 characters, undecodable bytes replaced


class Reading(Protocol):
    """A file that was read: the gate needs no more to know of it."""

    @property
    def rows(self) -> int:
        """Rows of which every cell is certain."""

    @property
    def damaged(self) -> tuple[DamagedRow, ...]:
        """Rows that no reader could take."""

    @property
    def other_lines(self) -> tuple[int, ...]:
        """Lines that are no rows: repeated headers, declared footers."""

    @property
    def repeated_headers(self) -> tuple[int, ...]:
        """Those of them that are the header again."""

    @property
    def notes(self) -> Mapping[str, str]:
        """What the other lines say, by the names their patterns give it."""

    @property
    def how(self) -> str:
        """How it was read, for a person."""

    def load(self, con: duckdb.DuckDBPyConnection, into: str, columns: Mapping[int, str]) -> None:
        """Create the temporary view `into` of the certain rows: line_no, and `columns` as text.

        It holds as long as the file is at hand, and its rows must be as many as `rows`.
        """
