"""Workbooks, changed as people and programs change them: cell by cell, in what is stored."""

import io
import zipfile
from collections.abc import Callable, Sequence
from functools import lru_cache
from random import Random
from xml.sax.saxutils import escape

from tasks.reading import workbook
from tests.mutations.mutant import Kind, Mutant
from tests.mutations.samples import Sample

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"

Stored = str  # the markup of a cell, without its place
Rows = dict[int, list[Stored | None]]


def _text(value: str) -> Stored:
    return f't="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is>'


@lru_cache(maxsize=20)
def _stored(
    sample: Sample,
) -> tuple[tuple[str, tuple[tuple[int, tuple[Stored | None, ...]], ...]], ...]:
    return tuple(
        (
            sheet.part,
            tuple(
                (number, tuple(None if cell is None else _text(cell) for cell in cells))
                for number, cells in sheet.rows
            ),
        )
        for sheet in workbook.sheets(sample.path)
    )


def _rows(sample: Sample) -> Rows:
    [rows] = [rows for part, rows in _stored(sample) if part == sample.kind.part]
    return {number: list(cells) for number, cells in rows}


def _letters(column: int) -> str:
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def written(sample: Sample, rows: Sequence[tuple[int, Sequence[Stored | None]]]) -> bytes:
    """Return the sample's workbook with other rows in its own sheet."""
    sheets = [(part, rows if part == sample.kind.part else old) for part, old in _stored(sample)]
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{TYPES}.sheet.main+xml"/>'
        + "".join(
            f'<Override PartName="/xl/s{n}.xml" ContentType="{TYPES}.worksheet+xml"/>'
            for n in range(len(sheets))
        )
        + "</Types>",
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        + "".join(
            f'<sheet name="{escape(part)}" sheetId="{n + 1}" r:id="r{n}"/>'
            for n, (part, _) in enumerate(sheets)
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="r{n}" Type="{OFFICE}/worksheet" Target="s{n}.xml"/>'
            for n in range(len(sheets))
        )
        + "</Relationships>",
    }
    for n, (_, rows) in enumerate(sheets):
        body = "".join(
            f'<row r="{number}">'
            + "".join(
                f'<c r="{_letters(place)}{number}" {cell}</c>'
                for place, cell in enumerate(cells, start=1)
                if cell is not None
            )
            + "</row>"
            for number, cells in rows
        )
        parts[f"xl/s{n}.xml"] = (
            f'<worksheet xmlns="{MAIN}"><sheetData>{body}</sheetData></worksheet>'
        )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return file.getvalue()


def rewritten(sample: Sample, random: Random) -> Mutant:
    return Mutant(sample, "rewritten", written(sample, list(_rows(sample).items())))


def _columns(sample: Sample, place: int) -> frozenset[str]:
    return frozenset(ours for ours, at in sample.kind.places.items() if at == place)


def _cell(kind: str, change: Callable[[str, Random], Stored | None]) -> Kind:
    def make(sample: Sample, random: Random) -> Mutant | None:
        rows = _rows(sample)
        numbers = [number for number in rows if number in sample.rows_of]
        if not numbers:
            return None
        number = random.choice(numbers)
        width = max(sample.kind.places.values()) + 1
        cells = rows[number] + [None] * (width - len(rows[number]))
        place = random.randrange(width)
        old = cells[place] or _text("")
        text = old.partition('preserve">')[2].partition("</t>")[0]
        cells[place] = change(text, random)
        rows[number] = cells
        may = {row: _columns(sample, place) for row in sample.rows_of[number]}
        return Mutant(sample, kind, written(sample, list(rows.items())), may=may)

    return make


def _always(stored: Stored | None) -> Callable[[str, Random], Stored | None]:
    return lambda _text, _random: stored


def _digit(text: str, random: Random) -> Stored | None:
    places = [at for at, character in enumerate(text) if character.isdigit()]
    if not places:
        return _text(text)
    at = random.choice(places)
    return _text(text[:at] + random.choice("0123456789") + text[at + 1 :])


def _as_number(text: str, random: Random) -> Stored | None:
    digits = "".join(filter(str.isdigit, text)) or "7"
    return random.choice((f"><v>{digits}</v>", f"><v>{digits}.0</v>", f"><v>{float(digits)!r}</v>"))


def _lines(kind: str) -> Kind:
    def make(sample: Sample, random: Random) -> Mutant | None:
        rows = list(_rows(sample).items())
        below = [at for at, (line, _) in enumerate(rows) if line > sample.kind.header_line]
        if len(below) < 2:
            return None
        one, two = sorted(random.sample(below, 2))
        ours = frozenset(sample.rows_of.get(rows[one][0], ()))
        gone = again = frozenset[int]()
        if kind == "row deleted":
            gone = ours
            del rows[one]
        elif kind == "row doubled":
            again = ours
            rows.append((rows[-1][0] + 1, rows[one][1]))
        elif kind == "rows swapped":
            (a, first), (b, second) = rows[one], rows[two]
            rows[one], rows[two] = (a, second), (b, first)
        elif kind == "rows out of order":
            rows[one], rows[two] = rows[two], rows[one]
        elif kind == "row number doubled":
            rows[two] = (rows[one][0], rows[two][1])
        else:
            number = rows[one][0]
            rows = [(at + (at > number), cells) for at, cells in rows]
        return Mutant(sample, kind, written(sample, rows), gone=gone, again=again)

    return make


def columns_swapped(sample: Sample, random: Random) -> Mutant:
    """Swap two columns, whatever is above the header with them."""
    width = max(sample.kind.places.values()) + 1
    one, two = random.randrange(width), random.randrange(width)
    rows = []
    for number, cells in _rows(sample).items():
        row = list(cells) + [None] * (width - len(cells))
        if number >= sample.kind.header_line:
            row[one], row[two] = row[two], row[one]
        rows.append((number, row))
    return Mutant(sample, "columns swapped", written(sample, rows))


def header_renamed(sample: Sample, random: Random) -> Mutant | None:
    rows = _rows(sample)
    cells = rows[sample.kind.header_line]
    place = random.randrange(len(cells))
    other = cells[random.randrange(len(cells))]
    cells[place] = random.choice((None, _text("x"), _text("Order"), other))
    return Mutant(
        sample,
        "header renamed",
        written(sample, list(rows.items())),
        may_all=_columns(sample, place),
        in_header=True,
    )


KINDS: tuple[Kind, ...] = (
    rewritten,
    columns_swapped,
    header_renamed,
    _cell("cell emptied", _always(None)),
    _cell("digit changed", _digit),
    _cell("cell made a number", _as_number),
    _cell("cell made an error", _always('t="e"><v>#REF!</v>')),
    _cell("formula not computed", _always("><f>A1+1</f><v></v>")),
    _cell("cell made true", _always('t="b"><v>1</v>')),
    *map(
        _lines,
        (
            "row deleted", "row doubled", "rows swapped", "rows out of order", "row number doubled",
            "blank row inserted",
        ),
    ),
)  # fmt: skip
