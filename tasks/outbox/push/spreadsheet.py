"""Delimited files that somebody may open in a spreadsheet: no cell may become a formula."""

import csv
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path

from tasks.run.whole_file import whole_file

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def neutral(cell: object) -> str:
    """Return the cell as text that no spreadsheet runs; numbers stay numbers."""
    text = "" if cell is None else str(cell)
    if text.startswith(FORMULA_STARTS) and not isinstance(cell, (int, float, Decimal)):
        return "'" + text
    return text


def file_name(name: str) -> str:
    """Return a name from a shop file or an export as part of a file's: letters, digits, - and _."""
    return "".join(
        character if character.isalnum() or character in "-_" else "_" for character in name
    )


def write_cells(
    path: Path, header: Sequence[str], rows: Iterable[Sequence[object]], delimiter: str = ","
) -> Path:
    """Write a whole file or none; return its path."""
    with whole_file(path) as draft, draft.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([neutral(cell) for cell in row] for row in rows)
    return path
