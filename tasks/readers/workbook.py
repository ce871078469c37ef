"""Excel workbooks, opened safely: every sheet as rows of text, exactly as stored.

openpyxl reads the cells; before it does, the workbook is unpacked once to count what is in it, and
searched for what would read as a blank and is none: a formula that was never computed.
"""

import re
import warnings
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl

from tasks.readers.containers import counted, opened_zip
from tasks.readers.grid import Cells, Grid
from tasks.readers.peek import Refused

MOST_CELLS = 20_000_000  # of all sheets together
DIGITS = 15  # that Excel keeps of a number; an id with more is no longer the id
CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
UNCOMPUTED = re.compile(rb"<(?:\w+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*</(?:\w+:)?c>")
HOSTILE = re.compile(rb'<!(?:DOCTYPE|ENTITY)|<(?:\w+:)?row\s[^>]*\br="\d{8,}"')
TAIL = 1 << 14  # bytes of a block seen again with the next: no cell is cut in two
# What a hostile or damaged workbook makes openpyxl raise.
DAMAGED = (ParseError, KeyError, ValueError, TypeError, AttributeError, IndexError, OSError)


def sheets(path: Path) -> list[Grid]:
    """Return every sheet of the workbook at `path` that has cells, hidden ones too.

    Raises:
        Refused: it is damaged, too large, or holds formulas without their values.
    """
    _inspect(path)
    try:
        with warnings.catch_warnings(action="ignore"), path.open("rb") as file:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            found = [_sheet(path, sheet) for sheet in book.worksheets]
            book.close()
    except DAMAGED as error:
        raise Refused(
            "broken_workbook",
            f"{path.name} is a workbook that cannot be read ({type(error).__name__}: {error})."
            " Download the export again; do not save it from another program.",
        ) from error
    return [grid for grid in found if grid.rows]


def _sheet(path: Path, sheet: Any) -> Grid:
    sheet.reset_dimensions()  # what a sheet says of its own size is often wrong
    rows: list[tuple[int, Cells]] = []
    for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
        if any(cell is not None for cell in cells):
            rows.append((number, tuple(map(as_text, cells))))
    return Grid(sheet.title, f"workbook, sheet {sheet.title!r}", rows, name=path.name)


def as_text(value: object) -> str | None:
    """Return a cell as the text that says exactly what is stored.

    A number has the 15 digits that Excel keeps, so 0.1 + 0.2 is 0.3; one that is longer is written
    with an exponent, which no amount and no id is: digits of it are lost.
    """
    match value:
        case None:
            return None
        case str():
            return value
        case bool():
            return "TRUE" if value else "FALSE"
        case int() if len(str(abs(value))) <= DIGITS:
            return str(value)
        case int() | float():
            return _number(float(value))
        case datetime():
            return value.isoformat(sep=" ")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
    return str(value)


def _number(value: float) -> str:
    told = format(value, f".{DIGITS}g")
    if "e" not in told:
        return told
    plain = format(Decimal(told), "f")
    digits = plain.lstrip("-0.").replace(".", "")
    return plain if len(digits) <= DIGITS and abs(value) < 1 else told


def _inspect(path: Path) -> None:
    """Look through the workbook without building anything of it.

    Raises:
        Refused: it is damaged or hostile, too large, or holds formulas without values.
    """
    cells, unpacked = 0, [0]
    with opened_zip(path) as archive:
        for entry in archive.infolist():
            is_sheet = "worksheets/" in entry.filename
            tail = b""
            with archive.open(entry) as packed:
                for block in counted(packed, path, unpacked):
                    seen, tail = tail + block, block[-TAIL:]
                    cells += len(CELL.findall(block)) if is_sheet else 0
                    if HOSTILE.search(seen) and entry.filename.endswith((".xml", ".rels")):
                        raise Refused(
                            "hostile_workbook",
                            f"{path.name} holds in {entry.filename} what no program writes into a"
                            " workbook. It is not opened; download the export again.",
                        )
                    if is_sheet and UNCOMPUTED.search(seen):
                        raise Refused(
                            "uncomputed_formula",
                            f"{path.name} holds formulas whose values were never computed, so what"
                            " they say is not in the file. Open it in Excel and save it, or"
                            " download the export again.",
                        )
            if cells > MOST_CELLS:
                raise Refused(
                    "workbook_too_large",
                    f"{path.name} has more than {MOST_CELLS:,} cells. Export a shorter period, or as"
                    " CSV.",
                )
