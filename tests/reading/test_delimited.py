"""Each row of a delimited file is loaded exactly, quarantined with a reason, or the file refused."""

import csv
import io
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tasks.reading import delimited, records
from tasks.reading.delimited import Dialect, TextReading, audit, load_text
from tasks.reading.peek import Refused, peek, split_line

CSV = Dialect(",", '"', ("utf-8", "cp1252"))
TSV = Dialect("\t", None, ("utf-8", "cp1252"))
Row = tuple[Any, ...]
DATABASE = duckdb.connect()  # one for all: to open one costs more than to read a small file
CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus" / "own_channel"


def read(
    content: bytes, dialect: Dialect = CSV, *, width: int = 3, header_line: int = 1
) -> tuple[TextReading, list[Row]]:
    """Return the audit of `content` and its good rows as DuckDB loads them, line number first."""
    with tempfile.TemporaryDirectory() as folder, DATABASE.cursor() as con:
        path = Path(folder, "orders [1]*.csv")
        path.write_bytes(content)
        reading = audit(
            path, dialect, header_line=header_line, width=width, work=Path(folder, "work")
        )
        load_text(con, reading, "loaded", {at: f"column {at}" for at in range(width)})
        return reading, con.execute("select * from loaded order by line_no").fetchall()


def faults(reading: TextReading) -> list[tuple[int, str]]:
    return [(row.line_no, row.reason) for row in reading.damaged]


# ---- properties ----------------------------------------------------------------------------

PIECES = [
    "a",
    "é",
    "日",
    " ",
    '"',
    ",",
    ";",
    "\t",
    "\n",
    "\r\n",
    "NULL",
    "\\",
    "'",
    "#",
    "0",
    "\u2028",
]
cells = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)


def rows_of(
    cells: st.SearchStrategy[str], width: int, at_least: int = 0
) -> st.SearchStrategy[list[tuple[str, ...]]]:
    row = st.tuples(*[cells] * width).filter(any)
    return st.lists(row, min_size=at_least, max_size=12)


def written(rows: Sequence[Sequence[str]], newline: str = "\n", **options: object) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator=newline, **options).writerows(rows)  # type: ignore[arg-type]
    return text.getvalue()


@settings(max_examples=60, deadline=None)
@given(
    rows=rows_of(cells, 3),
    newline=st.sampled_from(["\n", "\r\n"]),
    delimiter=st.sampled_from(",;\t"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]),
    preamble=st.integers(0, 2),
)
def test_a_well_formed_file_is_loaded_as_written(
    rows: list[tuple[str, ...]],
    newline: str,
    delimiter: str,
    quoting: int,
    encoding: str,
    preamble: int,
) -> None:
    text = written([("h 1", "h 2", "h 3"), *rows], newline, delimiter=delimiter, quoting=quoting)
    content = (f"About this report{newline}" * preamble + text).encode(encoding)
    dialect = Dialect(delimiter, '"', ("utf-8", "gb18030"))
    reading, loaded = read(content, dialect, header_line=preamble + 1)
    assert [row[1:] for row in loaded] == [tuple(cell or None for cell in row) for row in rows]
    assert (reading.damaged, reading.blank_rows) == ((), 0)
    assert reading.header == ("h 1", "h 2", "h 3")
    line, starts = preamble + 2, []
    for row in rows:
        starts.append(line)
        line += 1 + "".join(row).count("\n")
    assert reading.line_numbers().tolist() == [row[0] for row in loaded] == starts


@settings(max_examples=60, deadline=None)
@given(rows=rows_of(cells.filter(lambda cell: not {*"\t\n\r"} & {*cell}), 3))
def test_without_a_quote_character_quotes_are_data(rows: list[tuple[str, ...]]) -> None:
    text = "".join("\t".join(row) + "\r\n" for row in [("x", "y", "z"), *rows])
    reading, loaded = read(text.encode(), TSV)
    assert [row[1:] for row in loaded] == [tuple(cell or None for cell in row) for row in rows]
    assert not reading.damaged


def strict_record(content: bytes, start: int) -> tuple[list[bytes], int] | None:
    """Return cells and end of the record at `start` by RFC 4180, character by character; None if broken."""
    found: list[bytes] = []
    at = start
    while True:
        cell = bytearray()
        if content[at : at + 1] == b'"':
            at += 1
            while content[at : at + 1] != b'"' or content[at : at + 2] == b'""':
                if at >= len(content):
                    return None
                cell += content[at : at + 1]
                at += 2 if content[at : at + 2] == b'""' else 1
            at += 1
        else:
            while at < len(content) and content[at : at + 1] not in (b",", b"\n"):
                if content[at : at + 1] == b'"':
                    return None
                if content[at : at + 2] == b"\r\n":
                    break
                cell += content[at : at + 1]
                at += 1
        found.append(bytes(cell))
        if content[at : at + 2] == b"\r\n" or content[at : at + 1] == b"\n":
            return found, content.index(b"\n", at) + 1
        if content[at : at + 1] != b",":
            return None
        at += 1


WHOLE_RECORD = {"nul_byte", "control_character", "not_text"}
plain = st.lists(st.sampled_from(["a", "b", "é", " ", '"', ",", "\n"]), max_size=4).map("".join)
# A cell that begins with a delimiter can, after a quote lost further up, pass for an end of cell.
plain = plain.map(lambda cell: cell if cell[:1] not in (",", "\n", '"') else "x" + cell)


@settings(max_examples=150, deadline=None)
@example(
    rows=[("", "", "a"), ("", "", 'x\n",')], newline="\r\n", change="insert", byte=34, where=127
)
@example(rows=[("", "aa", ""), ("", "aa\n", "")], newline="\n", change="insert", byte=34, where=20)
@given(
    rows=rows_of(plain, 3, at_least=2),
    newline=st.sampled_from(["\n", "\r\n"]),
    change=st.sampled_from(["insert", "delete", "replace"]),
    byte=st.one_of(st.sampled_from(list(b'",\n\r\x00\xc3\x1b a')), st.integers(0, 255)),
    where=st.integers(0, 10_000),
)
def test_a_changed_byte_costs_its_row_and_no_other(
    rows: list[tuple[str, ...]], newline: str, change: str, byte: int, where: int
) -> None:
    records = [written([row], newline).encode() for row in [("h1", "h2", "h3"), *rows]]
    clean = b"".join(records)
    at = where % len(clean)
    until = at if change == "insert" else at + 1
    content = clean[:at] + (b"" if change == "delete" else bytes([byte])) + clean[until:]
    try:
        reading, loaded = read(content, Dialect(",", '"', ("utf-8",)))
    except Refused:
        return

    content = content.removesuffix(b"\n") + b"\n"
    lines = content.split(b"\n")
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line) + 1)
    explained = {1, *reading.other_lines}
    for number, *loaded_cells in loaded:
        record = strict_record(content, offsets[number - 1])
        assert record is not None
        assert [cell.decode() or None for cell in record[0]] == loaded_cells
        explained |= {number + more for more in range(record_lines(content, offsets, number))}
    for damage in reading.damaged:
        explained.add(damage.line_no)
        if damage.reason in WHOLE_RECORD:
            span = record_lines(content, offsets, damage.line_no)
            explained |= {damage.line_no + more for more in range(span)}
    for damage in reading.damaged:
        if damage.detail == "a quote is never closed":  # what follows is its own, to the next row
            end = min((n for n in explained if n > damage.line_no), default=len(lines) + 1)
            explained |= set(range(damage.line_no, end))
    for number, line in enumerate(lines, start=1):
        # A line of empty cells, quoted or not, says nothing.
        assert number in explained or not line.strip(b'," \t\r'), (number, line)

    survivors = [row[1:] for row in loaded]
    start = len(records[0])
    for row, raw in zip(rows, records[1:], strict=True):
        if not start <= at + 1 or not at - 1 <= start + len(raw):
            assert tuple(cell or None for cell in row) in survivors
        start += len(raw)


def record_lines(content: bytes, offsets: list[int], number: int) -> int:
    record = strict_record(content, offsets[number - 1])
    assert record is not None
    return len(content[offsets[number - 1] : record[1]].removesuffix(b"\n").split(b"\n"))


def outcome_of(content: bytes) -> tuple[Any, ...]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "orders.csv")
        path.write_bytes(content)
        try:
            reading = audit(path, CSV, header_line=1, width=3, work=Path(folder))
        except Refused as refusal:
            return refusal.code, refusal.message
        rest = reading.blank_rows, reading.other_lines, reading.line_numbers().tolist()
        return reading.clean.read_bytes(), reading.damaged, *rest


characters = st.sampled_from(
    ["a", "é", ",", ",", '"', '"', "\n", "\n", "\r\n", "\r", "\0", " ", "a,b,c\n"]
)


@settings(max_examples=300, deadline=None)
@given(
    text=st.lists(characters, max_size=40).map("".join),
    damage=st.sampled_from([b"", b"\xff", b"\xc3"]),
    block=st.integers(1, 40),
)
def test_the_size_of_the_blocks_changes_nothing(text: str, damage: bytes, block: int) -> None:
    content = b"h1,h2,h3\n" + damage.join([text.encode(), b"1,2,3\n" + text.encode()])
    expected = outcome_of(content)
    with pytest.MonkeyPatch.context() as patch:
        for module in (delimited, records):
            patch.setattr(module, "BLOCK", block)
        patch.setattr(delimited, "SMALLEST", max(block // 4, 1))
        assert outcome_of(content) == expected


# ---- examples ------------------------------------------------------------------------------

HEADER = b"id,note,total\n"


@pytest.mark.parametrize(
    ("row", "reason", "detail"),
    [
        (b"2,b", "too_few_cells", "2 cells, the header has 3"),
        (b"2,b,20,x", "too_many_cells", "4 cells, the header has 3"),
        (b'2,5" tube,20', "broken_quotes", "a quote is in the middle of a cell"),
        (b'2,"b"x,20', "broken_quotes", "a quote is in the middle of a cell"),
        (b'2, "b",20', "broken_quotes", "a quote is in the middle of a cell"),
        (b'2,"b,20', "broken_quotes", "a quote is never closed"),
        (b"2,b\x00,20", "nul_byte", "a NUL byte"),
        (b"2,b\x1b,20", "control_character", "the control character U+001B"),
        (b"2,b\rc,20", "control_character", "the control character U+000D"),
        (b"2,\xe9,20", "not_text", "bytes that are not utf-8"),
    ],
)
def test_a_damaged_row_is_quarantined_and_costs_no_other(
    row: bytes, reason: str, detail: str
) -> None:
    content = HEADER + "1,é,10\n".encode() + row + b"\n3,c,30\n4,d,40\n"
    reading, loaded = read(content)
    assert loaded == [(2, "1", "é", "10"), (4, "3", "c", "30"), (5, "4", "d", "40")]
    (damage,) = reading.damaged
    assert (damage.line_no, damage.reason, damage.detail) == (3, reason, detail)
    assert damage.raw == row.decode("utf-8", "replace")


def test_a_quote_never_closed_does_not_take_later_quoted_rows_with_it() -> None:
    reading, loaded = read(HEADER + b'1,"a,10\n2,"b, c",20\n3,"d ""e""\nf",30\n4,g,40\n')
    assert [row[0] for row in loaded] == [3, 4, 6]
    assert faults(reading) == [(2, "broken_quotes")]


def test_a_row_of_several_lines_and_a_wrong_width_is_read_on_at_its_second_line() -> None:
    reading, loaded = read(HEADER + b'1,"a\nb"\n2,"c\nd",20\n')
    assert loaded == [(4, "2", "c\nd", "20")]
    assert faults(reading) == [(2, "too_few_cells"), (3, "broken_quotes")]


def test_blank_rows_and_repeated_headers_are_no_data() -> None:
    reading, loaded = read(HEADER + b"\n1,a,10\n,,\n" + HEADER + b" \t\n2,b,20\n,,,,\n\n")
    assert loaded == [(3, "1", "a", "10"), (7, "2", "b", "20")]
    assert (reading.blank_rows, reading.other_lines) == (5, (5,))
    assert not reading.damaged


def test_a_sound_file_is_not_copied() -> None:
    for content in (HEADER + b"1,a,10\n", HEADER.replace(b"\n", b"\r\n") + b'1,"a\nb",10'):
        reading, _ = read(content)
        assert reading.clean.name == "orders [1]*.csv"


def test_mixed_line_ends_are_read_and_those_within_cells_kept() -> None:
    content = b'id,note,total\r\n1,"a\r\nb",10\n2,"c\rd",20\r\n3,"e\nf",30\n'
    reading, loaded = read(content)
    assert loaded == [(2, "1", "a\r\nb", "10"), (5, "3", "e\nf", "30")]
    assert faults(reading) == [(4, "control_character")]


def test_a_file_of_lone_returns_is_read_and_a_stray_line_feed_is_damage() -> None:
    content = b'id,note,total\r1,"a\rb",10\r2,c\nd,20\r3,e,30\r'
    reading, loaded = read(content)
    assert loaded == [(2, "1", "a\nb", "10"), (5, "3", "e", "30")]
    assert (reading.newline, faults(reading)) == ("\r", [(4, "control_character")])


@pytest.mark.parametrize("last", [b"2,b", b'2,"b', b'2,b,"20', b'2,"b\nc'])
def test_a_file_that_ends_amid_a_row_is_refused(last: bytes) -> None:
    with pytest.raises(Refused, match="download it again") as refusal:
        read(HEADER + b"1,a,10\n" + last)
    assert refusal.value.code == "truncated_file"


def test_an_early_unclosed_quote_is_not_taken_for_a_truncated_file() -> None:
    reading, loaded = read(HEADER + b'1,"a,10\n2,b,20')
    assert (loaded, faults(reading)) == ([(3, "2", "b", "20")], [(2, "broken_quotes")])


@pytest.mark.parametrize("header", [b"id,note\n", b'id,"note,total\n', b"id,no\x00te,total\n", b""])
def test_a_broken_header_refuses_the_file(header: bytes) -> None:
    with pytest.raises(Refused, match="should be the header of 3 columns") as refusal:
        read(header + b"1,2,3\n" if header else b"")
    assert refusal.value.code == "broken_header"


@pytest.mark.parametrize(
    ("note", "encoding", "chosen"),
    [
        ("a", "utf-8", "utf-8"),
        ("é", "utf-8", "utf-8"),
        ("é €", "cp1252", "cp1252"),
        ("é", "utf-8-sig", "utf-8-sig"),
        ("é", "utf-16", "utf-16-le"),
        ("é", "utf-32", "utf-32-le"),
    ],
)
def test_the_encoding_is_found(note: str, encoding: str, chosen: str) -> None:
    reading, loaded = read(f"id,note,total\n1,{note},10\n".encode(encoding))
    assert (loaded, reading.encoding) == ([(2, "1", note, "10")], chosen)


def test_bytes_that_no_encoding_defines_cost_their_row() -> None:
    content = HEADER + b"1,\xe9,10\n2,\x81,20\n"
    reading, loaded = read(content, Dialect(",", '"', ("cp1252",)))
    assert loaded == [(2, "1", "é", "10")]
    assert faults(reading) == [(3, "not_text")]


def test_utf_16_cut_amid_a_character_costs_that_row() -> None:
    content = "\ufeffid,note,total\n1,a,10\n2,b,20\n".encode("utf-16-le")
    reading, loaded = read(content[:-3])
    assert (loaded, faults(reading)) == ([(2, "1", "a", "10")], [(3, "not_text")])


def test_a_huge_cell_is_loaded() -> None:
    note = "x" * 9_000_000
    _, loaded = read(HEADER + f'1,"{note}",10\n2,b,20\n'.encode())
    assert loaded == [(2, "1", note, "10"), (3, "2", "b", "20")]


def test_rows_keep_their_line_numbers_when_many_threads_read() -> None:
    rows = 300_000
    body = "".join(
        f'{at},"say ""{at}"",\nand more words to fill the row {"x" * 60}",{at}\n'
        if at % 7 == 0
        else f"{at},{'y' * 90},{at}\n"
        for at in range(rows)
    )
    threads: dict[str, Any] = {"threads": 8}
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(config=threads) as con:
        path = Path(folder, "big.csv")
        path.write_bytes(HEADER + body.encode() + b"broken\n")
        reading = audit(path, CSV, header_line=1, width=3, work=Path(folder))
        load_text(con, reading, "loaded", {0: "id", 2: "total"})
        assert con.execute("select count(*) from loaded").fetchall() == [(rows,)]
        # Every seventh row, from the first, takes two lines.
        displaced = con.execute(
            "select count(*) from loaded "
            "where id <> total or line_no <> id::int + 2 + (id::int + 6) // 7"
        ).fetchall()
    assert displaced == [(0,)]


def test_thousands_of_damaged_rows_cost_only_themselves() -> None:
    damage = [b'%d,"b,1\n', b'%d,b"b,1\n', b"%d,b\n", b"%d,\x00,1\n"]
    body = b"".join((damage[at // 2 % 4] if at % 2 else b"%d,b,1\n") % at for at in range(8_000))
    reading, loaded = read(HEADER + body + b"end,b,1\n")
    assert [row[1] for row in loaded] == [str(at) for at in range(0, 8_000, 2)] + ["end"]
    assert len(reading.damaged) == 4_000


# ---- the collected damage ------------------------------------------------------------------

OUTCOMES: dict[str, tuple[int, list[tuple[int, str]]] | str] = {
    "all_quoted": (5, []),
    "bare_quote": (4, [(2, "broken_quotes")]),
    "bom_utf8": (5, []),
    "clean": (5, []),
    "control_chars": (4, [(2, "control_character")]),
    "cp1252": (5, []),
    "cr_only": (4, [(4, "control_character")]),
    "empty_0_bytes": "empty_file",
    "footer_text": (5, [(8, "too_few_cells")]),
    "header_repeated_midfile": (5, []),
    "html_login_page": "html_page",
    "huge_field": (5, []),
    "lf_only": (5, []),
    "missing_delim_between_text": (4, [(3, "too_few_cells")]),
    "no_trailing_newline": (5, []),
    "nul_byte": (4, [(2, "nul_byte")]),
    "only_whitespace": "empty_file",
    "quote_never_closed": (4, [(4, "broken_quotes"), (5, "too_few_cells")]),
    "ragged_long": (4, [(7, "too_many_cells")]),
    "ragged_short": (4, [(3, "too_few_cells")]),
    "trailing_blank_lines": (5, []),
    "truncated_midline": "truncated_file",
    "unquoted_comma_in_note": (4, [(2, "too_many_cells")]),
    "utf16le_bom": (5, []),
}


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not part of the project")
@pytest.mark.parametrize(("name", "outcome"), OUTCOMES.items())
def test_collected_damage_is_met(
    name: str, outcome: tuple[int, list[tuple[int, str]]] | str, tmp_path: Path
) -> None:
    path = CORPUS / f"{name}.csv"
    if isinstance(outcome, str):
        with pytest.raises(Refused) as refusal:
            _ = peek(path), audit(path, CSV, header_line=1, width=7, work=tmp_path)
        assert refusal.value.code == outcome
        return
    width = len(split_line(peek(path).head[0], ",", '"'))
    reading = audit(path, CSV, header_line=1, width=width, work=tmp_path)
    with DATABASE.cursor() as con:
        load_text(con, reading, "collected", {0: "name"})
    assert (reading.rows, faults(reading)) == outcome
