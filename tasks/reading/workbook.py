"""Excel workbooks, opened safely: every sheet as rows of text, exactly as stored.

openpyxl reads the cells; before it does, the workbook is unpacked once to count what is in it. What
openpyxl would pass over in silence is a fault here: rows and cells out of order or doubled, error
values, and formulas that were never computed, which would read as blanks.
"""

import re
import warnings
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError, SubElement
from zipfile import ZipFile

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.numbers import builtin_format_code, is_date_format, is_timedelta_format
from openpyxl.worksheet._reader import FORMULA_TAG, INLINE_STRING, VALUE_TAG, WorkSheetParser
from openpyxl.xml.constants import ARC_STYLE, SHEET_MAIN_NS
from openpyxl.xml.functions import fromstring

from tasks.reading.containers import counted, opened, opened_zip
from tasks.reading.grid import RAW_CHARACTERS, Cells, Grid
from tasks.reading.peek import Refused
from tasks.reading.reading import DamagedRow

MOST_CELLS = 20_000_000  # of all sheets together, with the empty ones before the last of a row
MOST_ROWS = 1 << 20  # of a sheet, as Excel has it
DIGITS = 15  # that Excel keeps of a number; an id with more is no longer the id
CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
HOSTILE = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")  # XML in UTF-16, which hides the others
TAIL = 16  # bytes of a block seen again with the next: no character is cut in two
ESCAPED = re.compile(
    r"_x([0-9A-Fa-f]{4})_"
)  # how a workbook writes characters that XML cannot hold
# What a hostile or damaged workbook makes openpyxl raise.
DAMAGED = (ParseError, KeyError, ValueError, TypeError, AttributeError, IndexError, OSError)


class _Uncomputed(Exception):  # noqa: N818, what was found, not what went wrong
    """A formula without its value."""


# The runs of a text written into its cell; how it is spoken (rPh) is no part of it.
RUNS = (f"{{{SHEET_MAIN_NS}}}t", f"{{{SHEET_MAIN_NS}}}r/{{{SHEET_MAIN_NS}}}t")


class _Parser(WorkSheetParser):
    """openpyxl's parser of one sheet, which does not take an uncomputed formula for a blank."""

    def parse_cell(self, element: Any) -> dict[str, Any]:
        """Return the cell: row, column, value, and what kind of value it is."""
        if (inline := element.find(INLINE_STRING)) is not None and element.get("t") == "inlineStr":
            # As the value of a text: openpyxl builds ten objects of each, which is half of the time.
            texts = (run.text or "" for path in RUNS for run in inline.findall(path))
            SubElement(element, VALUE_TAG).text = "".join(texts)
            element.set("t", "str")
        cell: dict[str, Any] = super().parse_cell(element)
        # A text that was computed and is empty is written as an empty value.
        is_text = element.get("t") == "str" and element.find(VALUE_TAG) is not None
        if cell["value"] is None and not is_text and element.find(FORMULA_TAG) is not None:
            raise _Uncomputed
        return cell


class _Workbook(ExcelReader):
    """openpyxl's reader without what no cell's value needs: a damaged style or title refuses no file."""

    def opened(self) -> Any:
        """Return the workbook; of its styles, only which of them make a number a date or a time.

        Its sheets are not opened: openpyxl would parse one to its end for its size.
        """
        self.read_manifest()
        self.read_strings()
        self.read_workbook()
        dates, spans = _time_styles(self.archive)
        book: Any = self.wb
        book._date_formats, book._timedelta_formats = dates, spans
        return book

    def sheets(self) -> Iterator[tuple[str, str]]:
        """Yield name and member of each sheet of cells."""
        for sheet, relation in self.parser.find_sheets():
            if relation.target in self.valid_files and "chartsheet" not in relation.Type:
                yield sheet.name, relation.target


def _time_styles(archive: ZipFile) -> tuple[set[int], set[int]]:
    """Return the styles of dates and of lengths of time, by their number.

    Raises:
        ParseError: they cannot be read, so that a date could not be distinguished from a number.
    """
    if ARC_STYLE not in archive.namelist():
        return set(), set()
    root = fromstring(archive.read(ARC_STYLE))
    own = {
        int(each.get("numFmtId", -1)): each.get("formatCode", "")
        for each in root.iter(f"{{{SHEET_MAIN_NS}}}numFmt")
    }
    styles = root.find(f"{{{SHEET_MAIN_NS}}}cellXfs")
    numbers = [int(each.get("numFmtId", 0)) for each in (styles if styles is not None else ())]
    formats = [own.get(number) or builtin_format_code(number) or "General" for number in numbers]
    return (
        {place for place, form in enumerate(formats) if is_date_format(form)},
        {place for place, form in enumerate(formats) if is_timedelta_format(form)},
    )


def sheets(path: Path) -> list[Grid]:
    """Return every sheet of the workbook at `path` that has cells, hidden ones too.

    Raises:
        Refused: it is damaged, too large, or holds formulas without their values.
    """
    _inspect(path)
    try:
        with warnings.catch_warnings(action="ignore"), path.open("rb") as file:
            reader = _Workbook(file, read_only=True, data_only=True, keep_links=False)
            book = reader.opened()
            found = [_sheet(path, reader, book, *sheet) for sheet in reader.sheets()]
            book.close()
    except _Uncomputed as error:
        raise Refused(
            "uncomputed_formula",
            f"{path.name} holds formulas whose values were never computed, so what they say is not"
            " in the file. Open it in Excel and save it, or download the export again.",
        ) from error
    except DAMAGED as error:
        raise Refused(
            "broken_workbook",
            f"{path.name} is a workbook that cannot be read ({type(error).__name__})."
            " Download the export again; do not save it from another program.",
        ) from error
    return [grid for grid in found if grid.rows or grid.damaged]


def _sheet(path: Path, reader: _Workbook, book: Any, title: str, member: str) -> Grid:
    rows: list[tuple[int, Cells]] = []
    damaged: list[DamagedRow] = []
    size = 0
    for number, written in _rows(reader, book, member):
        cells = [cell for cell in written if cell["value"] is not None]
        if not cells:
            continue
        row: list[str | None] = [None] * max(cell["column"] for cell in cells)
        size += len(row)
        if size > MOST_CELLS:
            raise _too_large(path)
        for cell in cells:
            row[cell["column"] - 1] = as_text(cell["value"])
        if fault := _fault(written):
            raw = "\t".join(cell or "" for cell in row)[:RAW_CHARACTERS]
            damaged.append(DamagedRow(number, *fault, raw))
        else:
            rows.append((number, tuple(row)))
    how = f"workbook, sheet {title!r}"
    return Grid(title, how, rows, tuple(damaged), path.name)


def _rows(reader: _Workbook, book: Any, member: str) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Yield number and cells of each row, whatever the sheet says of its own size.

    Raises:
        ValueError: they are not in their order, so which of two is the row is uncertain.
    """
    with reader.archive.open(member) as source:
        parser = _Parser(
            source,
            reader.shared_strings,
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )
        last = 0
        for number, cells in parser.parse():
            if not last < number <= MOST_ROWS:
                raise ValueError(f"row {number} comes after row {last}")
            last = number
            yield number, cells


def _fault(cells: list[dict[str, Any]]) -> tuple[str, str] | None:
    """Return why a row is uncertain, or None."""
    columns = [cell["column"] for cell in cells]
    if len(set(columns)) < len(columns):
        return "doubled_cell", "two cells are in one column"
    errors = (cell["value"] for cell in cells if cell["data_type"] == "e" and cell["value"])
    if error := next(errors, None):
        return "error_value", f"the error {error} is in a cell"
    return None


def as_text(value: object) -> str | None:
    """Return a cell as the text that says exactly what is stored.

    A number has the 15 digits that Excel keeps, so 0.1 + 0.2 is 0.3; one that is longer is written
    with an exponent, which no amount and no id is: digits of it are lost.
    """
    match value:
        case None:
            return None
        case str():
            return ESCAPED.sub(lambda found: chr(int(found[1], 16)), value)
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
    text = format(value, f".{DIGITS}g")
    if "e" not in text:
        return text
    plain = format(Decimal(text), "f")
    digits = plain.lstrip("-0.").replace(".", "")
    return plain if len(digits) <= DIGITS and abs(value) < 1 else text


def _inspect(path: Path) -> None:
    """Look through the workbook without building anything of it.

    Raises:
        Refused: it is damaged or hostile, or too large.
    """
    cells, unpacked = 0, [0]
    with opened_zip(path) as archive:
        for entry in archive.infolist():
            is_markup = entry.filename.lower().endswith((".xml", ".rels"))
            tail = b""
            with opened(archive, entry, path) as packed:
                for block in counted(packed, path, unpacked):
                    is_wide = not tail and block.startswith(WIDE_MARKS)
                    seen, tail = tail + block, block[-TAIL:]
                    cells += len(CELL.findall(block))
                    if is_markup and (is_wide or HOSTILE.search(seen)):
                        raise Refused(
                            "hostile_workbook",
                            f"{path.name} holds in {entry.filename} what no program writes into a"
                            " workbook. It is not opened; download the export again.",
                        )
            if cells > MOST_CELLS:
                raise _too_large(path)


def _too_large(path: Path) -> Refused:
    return Refused(
        "workbook_too_large",
        f"{path.name} has more than {MOST_CELLS:,} cells. Export a shorter period, or as CSV.",
    )
