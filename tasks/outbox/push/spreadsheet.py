"""Delimited files that somebody may open in a spreadsheet: no cell may become a formula."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def neutral(cell: object) -> str:
    """Return the cell as text that no spreadsheet runs; numbers stay numbers."""
    text = "" if cell is None else str(cell)
    if text.startswith(FORMULA_STARTS) and not isinstance(cell, (int, float)):
        return "'" + text
    return text


def write_cells(
    path: Path, header: Sequence[str], rows: Iterable[Sequence[object]], delimiter: str = ","
) -> Path:
    """Write a whole file or none: under another name next to it first, then renamed."""
    new = path.with_name(f".{path.name}.new")
    with new.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([neutral(cell) for cell in row] for row in rows)
    new.replace(path)
    return path
