"""A canonical table: its grain, its columns, and what must hold between tables."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, field_validator

from config.column import column_comments
from config.strict import CONFIG, Strict


class ContractColumn(Strict):
    """One column of a canonical table."""

    type: str = Field(description="DuckDB type.")
    comment: str = Field(description="What it means: by config/columns.yaml, if not said here.")


class Reference(Strict):
    """A row must point at something that exists; one that does not is quarantined until it does."""

    renamed: ClassVar[Mapping[str, str]] = {"mend": "fix"}

    reason: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    key: tuple[str, ...] = Field(description="Columns of the row; the last one is the failing one.")
    found_in: str = Field(description="SQL select of the keys that exist.")
    when: str = Field("true", description="SQL condition on the row; others need no partner.")
    why: str
    fix: str


UNDECIDED_CHANNEL = {
    "reason": "undecided_channel",
    "found_in": "select cast(null as varchar) where false",  # it waits until one channel is found for it
    "when": "channel is null",
    "why": "Several channels may be meant by what the file says, and neither an order that it names"
    " nor a settlement next to it shows which.",
    "fix": "Bring the orders export that holds the order, or the settlement before or after; of a"
    " settlement that names no order, a correction says which marketplace it is of (config/corrections).",
}


class Contract(Strict):
    """One canonical table that exports feed: valid.<table>."""

    table: str
    grain: str
    columns: dict[str, ContractColumn]
    copies_renew: bool = Field(
        False,
        description="Whether a file that comes again, byte for byte, is as new as on the day it came"
        " last: a list that was put back to what it was, or a report that says that nothing changed."
        " What can only go on, such as an order's state, is as old as the first file that said it.",
    )
    references: tuple[Reference, ...] = ()
    waits_for_channel: str | None = Field(
        None,
        description="Column that names a row which several channels may be meant by (`channel_of_order`):"
        " it is quarantined until one is found for it.",
    )

    @property
    def all_references(self) -> tuple[Reference, ...]:
        """What a row must point at: what the file lists, and where it may wait for one, a channel."""
        if self.waits_for_channel is None:
            return self.references
        waits = Reference(key=(self.waits_for_channel,), **UNDECIDED_CHANNEL)
        return (*self.references, waits)

    @field_validator("columns", mode="before")
    @classmethod
    def _described(cls, columns: Any) -> Any:
        """Read `name: type`, and `name: [type, comment]` of a column that means something else here."""
        if not isinstance(columns, dict):
            return columns
        described = {}
        for name, column in columns.items():
            kind, comment = column if isinstance(column, list) else (column, None)
            comment = comment or column_comments().get(name)
            if not comment:
                raise ValueError(f"{name} has no description: add it to config/columns.yaml")
            described[name] = {"type": kind, "comment": comment}
        return described


@cache
def load_contracts(root: Path = CONFIG / "contracts") -> dict[str, Contract]:
    """Return every canonical table by its name."""
    paths = sorted(root.glob("*.yaml"))
    return {path.stem: Contract.read(path, table=path.stem) for path in paths}
