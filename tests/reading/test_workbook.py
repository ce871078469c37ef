"""Every cell of a workbook is text that says exactly what is stored; what is uncertain is no cell."""

import io
import zipfile
from datetime import datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest

from tasks.reading import workbook
from tasks.reading.containers import MOST_MEMBERS
from tasks.reading.grid import Grid
from tasks.reading.peek import Refused
from tasks.reading.workbook import as_text, sheets

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
DATE_STYLE = 1


def parts(rows: str, *, texts: str = "", before: str = "", state: str = "") -> dict[str, str]:
    """Return the parts of a workbook of one sheet, whose `rows` are written as they are stored."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    book = f'<sheet name="Orders" sheetId="1" r:id="rId1"{state}/>'
    return {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{kind}.styles+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}.sharedStrings+xml"/>'
        "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1"'
        f' Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{book}</sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{OFFICE}/styles" Target="styles.xml"/>'
        f'<Relationship Id="rId3" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
        "</Relationships>",
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><fonts><font/></fonts><fills><fill><patternFill/></fill></fills>'
        "<borders><border/></borders><cellStyleXfs><xf/></cellStyleXfs><cellXfs>"
        '<xf numFmtId="0"/><xf numFmtId="22"/></cellXfs></styleSheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{texts}</sst>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData>'
        "</worksheet>",
    }


def packed(files: dict[str, str] | dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def grids(content: bytes, folder: Path) -> list[Grid]:
    path = folder / "orders.xlsx"
    path.write_bytes(content)
    return sheets(path)


def stored(rows: str, folder: Path, texts: str = "", before: str = "") -> Grid:
    [grid] = grids(packed(parts(rows, texts=texts, before=before)), folder)
    return grid


def cell(content: str, folder: Path, texts: str = "") -> str | None:
    """Return the text of one cell, written as it is stored."""
    [(_, [_, text])] = stored(
        f'<row r="1"><c r="A1"><v>1</v></c>{content}</row>', folder, texts
    ).rows
    return text


def refusal(content: bytes, folder: Path) -> str:
    with pytest.raises(Refused, match=r"orders\.xlsx") as refused:
        grids(content, folder)
    return refused.value.code


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7, "7"),
        (-7, "-7"),
        (7.0, "7"),
        (0.1 + 0.2, "0.3"),
        (12.50, "12.5"),
        (-0.004, "-0.004"),
        (1e-7, "0.0000001"),
        (999999999999999, "999999999999999"),
        (123456789012345.0, "123456789012345"),
        (1e14, "100000000000000"),
        (True, "TRUE"),
        (False, "FALSE"),
        ("007", "007"),
        (" a ", " a "),
        ("=1+1", "=1+1"),
        (datetime(2026, 11, 20), "2026-11-20 00:00:00"),
        (datetime(2026, 11, 20, 23, 59, 59), "2026-11-20 23:59:59"),
        (time(9, 5), "09:05:00"),
        (timedelta(hours=30), "1 day, 6:00:00"),
        (None, None),
    ],
)
def test_a_value_is_given_exactly(value: object, text: str | None) -> None:
    assert as_text(value) == text


@pytest.mark.parametrize(
    "value", [1234567890123456, 576461413038785752, -1234567890123456, 1e15, 1.5e300]
)
def test_a_number_of_more_digits_than_excel_keeps_is_no_id_and_no_amount(value: float) -> None:
    text = as_text(value)
    assert text is not None
    assert "e" in text


@pytest.mark.parametrize(
    "digits", ["5764614130387857", "576461413038785752", "5.76461413038786E+17"]
)
def test_a_long_id_stored_as_a_number_is_shown_as_what_it_lost(digits: str, tmp_path: Path) -> None:
    text = cell(f'<c r="B1"><v>{digits}</v></c>', tmp_path)
    assert text is not None
    assert "e+1" in text


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ('<c r="B1" t="s"><v>0</v></c>', "shared"),
        ('<c r="B1" t="s"><v>1</v></c>', "in two fonts"),
        ('<c r="B1" t="s"><v>2</v></c>', "日本"),
        ('<c r="B1" t="inlineStr"><is><t xml:space="preserve"> 007 </t></is></c>', " 007 "),
        ('<c r="B1" t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r></is></c>', "ab"),
        ('<c r="B1" t="str"><f>A1</f><v>moss</v></c>', "moss"),
        ('<c r="B1" t="b"><v>1</v></c>', "TRUE"),
        ('<c r="B1" t="b"><v>0</v></c>', "FALSE"),
        ('<c r="B1" t="d"><v>2026-11-20T10:00:00</v></c>', "2026-11-20 10:00:00"),
        ('<c r="B1" s="1"><v>46346.5</v></c>', "2026-11-20 12:00:00"),
        ('<c r="B1" s="1"><v>46346.4913541667</v></c>', "2026-11-20 11:47:33"),
        ('<c r="B1"><f>1+1</f><v>2</v></c>', "2"),
        ('<c r="B1"><v>1E3</v></c>', "1000"),
        ('<c r="B1"><v>19.989999999999998</v></c>', "19.99"),
        ('<c r="B1" t="inlineStr"><is><t>a_x000D_b_x005F_x0041_</t></is></c>', "a\rb_x0041_"),
        ('<c r="B1" t="inlineStr"><is><t>&lt;&amp;&#x9;&#233;</t></is></c>', "<&\té"),
    ],
)
def test_a_cell_is_what_is_stored(content: str, text: str, tmp_path: Path) -> None:
    texts = (
        "<si><t>shared</t></si><si><r><t>in two </t></r><r><t>fonts</t></r></si>"
        '<si><t>日本</t><rPh sb="0" eb="2"><t>ニホン</t></rPh></si>'
    )
    assert cell(content, tmp_path, texts) == text


def test_what_a_sheet_says_of_its_size_is_not_believed(tmp_path: Path) -> None:
    rows = '<row r="1"><c r="A1"><v>1</v></c><c r="C1"><v>2</v></c></row><row r="9"><c r="A9"><v>3</v></c></row>'
    for stated in ("A1", "A1:A1", "B2:B2", "A1:XFD1048576"):
        grid = stored(rows, tmp_path, before=f'<dimension ref="{stated}"/>')
        assert grid.rows == [(1, ("1", None, "2")), (9, ("3",))]


def test_hidden_sheets_and_rows_are_read_like_others(tmp_path: Path) -> None:
    rows = '<row r="1" hidden="1"><c r="A1"><v>1</v></c></row>'
    for state in ("hidden", "veryHidden"):
        [grid] = grids(packed(parts(rows, state=f' state="{state}"')), tmp_path)
        assert (grid.part, grid.rows) == ("Orders", [(1, ("1",))])


def test_every_sheet_with_cells_is_a_table(tmp_path: Path) -> None:
    book, file = openpyxl.Workbook(), io.BytesIO()
    for title in ("one", "empty", "two"):
        sheet = book.create_sheet(title)
        if title != "empty":
            sheet.append(["title", title])
    book.save(file)
    found = grids(file.getvalue(), tmp_path)
    assert [(grid.part, grid.rows) for grid in found] == [
        ("one", [(1, ("title", "one"))]),
        ("two", [(1, ("title", "two"))]),
    ]


def test_merged_cells_are_said_once_and_the_others_are_blank(tmp_path: Path) -> None:
    book, file = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    for row in (["id", "note"], [1, "for both"], [2, None]):
        sheet.append(row)
    sheet.merge_cells("B2:B3")
    book.save(file)
    [grid] = grids(file.getvalue(), tmp_path)
    assert grid.rows == [(1, ("id", "note")), (2, ("1", "for both")), (3, ("2",))]


def test_days_are_counted_from_1904_where_the_workbook_says_so(tmp_path: Path) -> None:
    files = parts('<row r="1"><c r="A1" s="1"><v>44884</v></c></row>')
    book = files["xl/workbook.xml"].replace("<sheets>", '<workbookPr date1904="1"/><sheets>')
    [grid] = grids(packed({**files, "xl/workbook.xml": book}), tmp_path)
    assert grid.rows == [(1, ("2026-11-20 00:00:00",))]


@pytest.mark.parametrize(
    ("code", "is_date"),
    [
        ("yyyy-mm-dd", True),
        ("[$-409]d mmm yyyy", True),
        ("0.00 [$DKK]", False),
        ('0 "days"', False),
        ("0\\d", False),
        ("#,##0.00_);[Red]\\(#,##0.00\\)", False),
        ("0.00E+00", False),
        ("@", False),
    ],
)
def test_a_number_is_a_date_only_where_its_format_is_one(
    code: str, is_date: bool, tmp_path: Path
) -> None:
    book, file = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    sheet["A1"] = 46346
    sheet["A1"].number_format = code
    book.save(file)
    [grid] = grids(file.getvalue(), tmp_path)
    assert grid.rows == [(1, ("2026-11-20 00:00:00" if is_date else "46346",))]


# ---- what is uncertain -----------------------------------------------------------------------

GOOD = '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c></row>'


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ('<c r="A2" t="e"><v>#N/A</v></c><c r="B2"><v>2</v></c>', "error_value"),
        ('<c r="A2"><v>1</v></c><c r="B2" t="e"><f>A1/0</f><v>#DIV/0!</v></c>', "error_value"),
        ('<c r="A2"><v>1</v></c><c r="B2" s="1"><v>99999999</v></c>', "error_value"),
        ('<c r="A2"><v>1</v></c><c r="A2"><v>2</v></c>', "doubled_cell"),
        ('<c r="B2"><v>1</v></c><c r="B3"><v>2</v></c>', "doubled_cell"),
    ],
)
def test_a_row_with_an_uncertain_cell_is_quarantined(row: str, reason: str, tmp_path: Path) -> None:
    grid = stored(f'{GOOD}<row r="2">{row}</row>', tmp_path)
    assert grid.rows == [(1, ("1", "2"))]
    assert [(damage.line_no, damage.reason) for damage in grid.damaged] == [(2, reason)]


def test_the_text_of_an_error_is_a_text(tmp_path: Path) -> None:
    assert cell('<c r="B1" t="inlineStr"><is><t>#N/A</t></is></c>', tmp_path) == "#N/A"


def test_cells_in_another_order_keep_their_columns(tmp_path: Path) -> None:
    rows = '<row r="1"><c r="C1"><v>3</v></c><c r="A1"><v>1</v></c></row>'
    assert stored(rows, tmp_path).rows == [(1, ("1", None, "3"))]


@pytest.mark.parametrize("second", [1, 0, 1_048_577, 9_999_999, 4_000_000_000])
def test_rows_that_are_not_in_their_order_refuse_the_workbook(second: int, tmp_path: Path) -> None:
    rows = f'{GOOD}<row r="{second}"><c r="A{second}"><v>1</v></c></row>'
    assert refusal(packed(parts(rows)), tmp_path) == "broken_workbook"


@pytest.mark.parametrize(
    "formula",
    [
        "<f>SUM(A1:A9)</f>",
        "<f>SUM(A1:A9)</f><v/>",
        "<f>SUM(A1:A9)</f><v></v>",
        '<f t="shared" si="0"/>',
        "<f/>\n<v></v>\n",
        f"<f>{'A1+' * 20_000}A1</f>",
    ],
)
def test_a_formula_without_its_value_refuses_the_workbook(formula: str, tmp_path: Path) -> None:
    rows = f'<row r="1"><c r="A1">{formula}</c><c r="B1"><v>1</v></c></row>'
    assert refusal(packed(parts(rows)), tmp_path) == "uncomputed_formula"


def test_a_workbook_that_openpyxl_wrote_with_a_formula_is_refused(tmp_path: Path) -> None:
    book, file = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    sheet.append([1, "=A1+1"])
    book.save(file)
    assert refusal(file.getvalue(), tmp_path) == "uncomputed_formula"


def test_a_formula_that_gives_an_empty_text_is_a_blank(tmp_path: Path) -> None:
    rows = '<row r="1"><c r="A1"><v>1</v></c><c r="B1" t="str"><f>""</f><v></v></c></row>'
    assert stored(rows, tmp_path).rows == [(1, ("1",))]


# ---- what is no workbook ---------------------------------------------------------------------

BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "_rels/.rels"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be"])
def test_a_document_type_or_an_entity_is_hostile(part: str, encoding: str, tmp_path: Path) -> None:
    files = {name: content.encode() for name, content in parts(GOOD).items()}
    files[part] = (BOMB + parts(GOOD)[part]).encode(encoding)
    assert refusal(packed(files), tmp_path) == "hostile_workbook"


@pytest.mark.parametrize("part", [name for name in parts("") if name != "_rels/.rels"])
def test_a_part_cut_short_refuses_the_workbook(part: str, tmp_path: Path) -> None:
    files = parts(GOOD)
    files[part] = files[part][:-9]
    assert refusal(packed(files), tmp_path) == "broken_workbook"


@pytest.mark.parametrize(
    "row",
    [
        '<row r="1"><c r="A1" t="s"><v>7</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>x</v></c></row>',
        '<row r="1"><c r="A1"><v>1.2.3</v></c></row>',
        '<row r="1"><c r="1A"><v>1</v></c></row>',
        '<row r="x"><c r="A1"><v>1</v></c></row>',
    ],
)
def test_a_cell_that_says_nothing_refuses_the_workbook(row: str, tmp_path: Path) -> None:
    assert refusal(packed(parts(row)), tmp_path) == "broken_workbook"


def test_a_workbook_cut_anywhere_is_refused(tmp_path: Path) -> None:
    content = packed(parts(GOOD))
    for end in range(22, len(content), 97):
        assert refusal(content[:end], tmp_path) in ("broken_workbook", "broken_archive")


def test_a_changed_byte_is_noticed_or_harmless(tmp_path: Path) -> None:
    content = packed(parts(GOOD * 1))
    for at in range(0, len(content), 41):
        damaged = content[:at] + bytes([content[at] ^ 0x11]) + content[at + 1 :]
        try:
            found = grids(damaged, tmp_path)
        except Refused:
            continue
        assert [grid.rows for grid in found] == [[(1, ("1", "2"))]]


def test_too_many_cells_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_CELLS", 100)
    many = "".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(1, 102))
    wide = "".join(f'<row r="{n}"><c r="XFD{n}"><v>1</v></c></row>' for n in range(1, 3))
    for rows in (many, wide):
        assert refusal(packed(parts(rows)), tmp_path) == "workbook_too_large"


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    files = {**parts(GOOD), "xl/media/image.png": "0" * (70 << 20)}
    assert refusal(packed(files), tmp_path) == "archive_too_large"
    many = {**parts(GOOD), **{f"{at}.xml": "" for at in range(MOST_MEMBERS)}}
    assert refusal(packed(many), tmp_path) == "archive_too_large"
