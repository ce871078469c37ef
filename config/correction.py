"""Corrections: what a source says wrongly and will not fix, put right by a person, as data.

`config/corrections/<shop>.yaml` is next to the shop files: one entry per correction, by its id.
"""

import difflib
import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from config.export import Export, load_exports
from config.shop import shop_names, shops_root
from config.strict import SettingsError, Strict, named, read_yaml

HASH = re.compile(r"[0-9a-f]{8,64}")
ID = re.compile(r"[a-z0-9][a-z0-9_-]*")
EVERY_COLUMN = "*"  # stands for the columns of a line that is dropped whole


def _as_the_file_says_it(value: Any) -> Any:
    if value is not None and not isinstance(value, str):
        raise ValueError("put the cell in quotes, as the file says it")
    return value


Cell = Annotated[str | None, BeforeValidator(_as_the_file_says_it)]
Cells = dict[str, Cell]


class Correction(Strict):
    """One known error of a source: where it is, what the source says, and what is right.

    Cells are written as the file writes them, by our names of its columns; null is a blank cell.
    """

    correction_id: str = Field(pattern=f"^{ID.pattern}$")
    report: str = Field(description="The export, by its name: shopify.orders.")
    file: str | None = Field(
        None, description="Name of one file, or at least 8 digits of its sha256; default every one."
    )
    line: int | None = Field(None, ge=1, description="Line of that file, as the marts count it.")
    where: Cells = Field(
        default_factory=dict, description="Cells that identify the rows: the number of an order."
    )
    drop: bool = Field(False, description="Leave the rows out.")
    set_: Cells = Field(default_factory=dict, alias="set", description="What is right, by column.")
    expects: Cells = Field(
        min_length=1,
        description="What the source wrongly says, by column. A row that says anything else is left"
        " as it is, and once the newest file does, the correction has had its day.",
    )
    who: str = Field(min_length=1, description="Who answers for it.")
    when: date = Field(description="The day it was written.")
    why: str = Field(min_length=1)
    until: date = Field(description="Its last day; from the next one on it is not applied.")

    @model_validator(mode="after")
    def _is_whole(self) -> "Correction":
        if self.drop == bool(self.set_):
            raise ValueError("says either `drop: true` or what to `set`")
        if self.line is not None and self.file is None:
            raise ValueError("`line` is of a `file`: name it")
        if self.line is None and not self.where:
            raise ValueError("names no row: give the `line` of a `file`, or `where`, or both")
        if blind := sorted(self.set_.keys() - self.expects.keys()):
            raise ValueError(
                f"`expects` lacks {', '.join(blind)}: say what the source wrongly says there"
            )
        if same := sorted(name for name, cell in self.set_.items() if cell == self.expects[name]):
            raise ValueError(f"`set` and `expects` say the same of {', '.join(same)}")
        if self.until < self.when:
            raise ValueError("`until` is before `when`")
        return self

    @property
    def action(self) -> str:
        """What is done with the rows: drop or set."""
        return "drop" if self.drop else "set"

    def is_in_force(self, day: date) -> bool:
        """Return whether it is applied that day."""
        return day <= self.until

    def is_about(self, name: str, sha256: str) -> bool:
        """Return whether it is about the file of that name and hash."""
        if self.file is None:
            return True
        return self.file == name or bool(HASH.fullmatch(self.file) and sha256.startswith(self.file))

    @property
    def digest(self) -> str:
        """What changes when it would leave other rows; who wrote it and why does not count."""
        content = self.model_dump_json(exclude={"who", "when", "why", "until"})
        return hashlib.sha256(content.encode()).hexdigest()


def corrections_file(shop: str) -> Path:
    """Return where the corrections of a shop are, next to the folder of the shop files."""
    return shops_root().parent / "corrections" / f"{shop}.yaml"


def load_corrections(shop: str) -> dict[str, Correction]:
    """Return the corrections of a shop by their ids; a shop without the file has none.

    Raises:
        SettingsError: a key or value that the model does not know.
    """
    path = corrections_file(shop)
    held = read_yaml(path) if path.is_file() else None
    if held is None:
        return {}
    if not isinstance(held, dict):
        raise SettingsError(f"{named(path)}: a mapping was expected, it holds {held!r}.")
    return {
        str(name): Correction.parse(entry, f"{named(path)}: {name}", correction_id=str(name))
        for name, entry in held.items()
    }


def check_corrections(shop: str) -> None:
    """Hold the corrections of a shop to the exports.

    Raises:
        SettingsError: a report or column that no export knows, a personal column, or two
            corrections of one cell; every fault, each with its key.
    """
    corrections = load_corrections(shop)
    faults = [fault for each in corrections.values() for fault in _faults(each)]
    faults += _twice(corrections)
    if faults:
        lines = "\n".join(f"  {fault}" for fault in faults)
        raise SettingsError(f"{named(corrections_file(shop))} has a key to fix:\n{lines}")


def strays() -> list[str]:
    """Return the files of corrections that are of no shop: nobody reads them."""
    folder = corrections_file("").parent
    known = set(shop_names())
    return [named(path) for path in sorted(folder.glob("*.yaml")) if path.stem not in known]


def _faults(correction: Correction) -> Iterator[str]:
    exports = {name: each for name, each in load_exports().items() if not each.refuse}
    name = correction.correction_id
    export = exports.get(correction.report)
    if export is None:
        yield (
            f"{name}.report: no report is called {correction.report!r};"
            f" {_meant(correction.report, exports)}"
        )
        return
    for key, cells in (
        ("where", correction.where),
        ("set", correction.set_),
        ("expects", correction.expects),
    ):
        for column in cells:
            yield from _column_faults(f"{name}.{key}.{column}", export, column)


def _column_faults(key: str, export: Export, column: str) -> Iterator[str]:
    known = export.columns.get(column)
    if known is None:
        yield f"{key}: {export.name} has no such column; {_meant(column, export.columns)}"
    elif known.personal:
        yield (
            f"{key}: the column is personal, and nothing of it is kept: have it corrected where"
            " the file comes from, and identify the row by another column"
        )


def _meant(name: str, known: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"it may be {', '.join(known)}"


def _twice(corrections: Mapping[str, Correction]) -> Iterator[str]:
    """Name the cells that two corrections set: the first would hide the second."""
    seen: dict[str, str] = {}
    for name, each in corrections.items():
        about = (each.report, each.file, each.line, sorted(each.where.items()))
        for column in each.set_:
            first = seen.setdefault(repr((*about, column)), name)
            if first != name:
                yield f"{name}.set.{column}: {first} sets the same cell; take one of them out"
