"""EDI X12 by the separators that the interchange names; what its counts do not prove is refused."""

from pathlib import Path

import pytest

from tasks.reading.edi import grid
from tasks.reading.grid import GridReading, read_grid
from tasks.reading.peek import Refused

ISA = "ISA*00*          *00*          *ZZ*PARTNER        *ZZ*SHOP           *261118*0900*U*00401*000000001*0*T*>"
ORDER = (
    ISA,
    "GS*PO*PARTNER*SHOP*20261118*0900*1*X*004010",
    "ST*850*0001",
    "BEG*00*SA*PO-7**20261117",
    "REF*DP*038",
    "N1*ST*Warehouse*92*W1",
    "PO1*1*10*EA*5.10**VN*POT-S*UP*012345678905",
    "PO1**3*EA*2.00**VN*POT-L",
    "CTT*2",
    "SE*8*0001",
    "GE*1*1",
    "IEA*1*000000001",
)
NOTICE = (
    ISA,
    "GS*SH*PARTNER*SHOP*20261118*0900*1*X*004010",
    "ST*856*0001",
    "BSN*00*ASN-1*20261117*1424",
    "HL*1**S",
    "REF*CN*1Z9",
    "HL*2*1*O",
    "PRF*PO-1",
    "HL*3*2*I",
    "LIN**VP*CW-1",
    "SN1**48*EA",
    "HL*4*1*O",
    "PRF*PO-2",
    "HL*5*4*I",
    "LIN**VP*CW-2",
    "SN1**2*EA",
    "LIN**VP*CW-3",
    "SN1**5*EA",
    "CTT*3",
    "SE*18*0001",
    "GE*1*1",
    "IEA*1*000000001",
)


def written(segments: tuple[str, ...], terminator: str = "~\n") -> str:
    return "".join(segment + terminator for segment in segments)


def read(
    content: str | bytes, folder: Path, each: str = "PO1", transaction_set: str = "850"
) -> GridReading:
    path = folder / "order.edi"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    found = grid(path, transaction_set, each)
    assert found is not None
    assert found.part == transaction_set
    return read_grid(found, 0)


def rows(
    content: str | bytes, folder: Path, *names: str, each: str = "PO1", set_: str = "850"
) -> list[tuple[str | None, ...]]:
    reading = read(content, folder, each, set_)
    places = [reading.header.index(name) if name in reading.header else None for name in names]
    return [
        tuple(None if place is None else cells[place] for place in places)
        for _, cells in reading._rows
    ]


def refusal(content: str | bytes, folder: Path) -> str:
    with pytest.raises(Refused, match=r"order\.edi") as refused:
        read(content, folder)
    return refused.value.code


WHOLE = [
    ("PO-7", "W1", "038", "10", "5.10", "POT-S", "012345678905"),
    ("PO-7", "W1", "038", "3", "2.00", "POT-L", None),
]
NAMES = ("BEG03", "N1[ST]04", "REF[DP]02", "PO102", "PO104", "PO1[VN]", "PO1[UP]")


@pytest.mark.parametrize("terminator", ["~", "~\n", "~\r\n", "\n", "\r\n", "'", "\x1c", "~\n    "])
@pytest.mark.parametrize("separator", ["*", "|", "^", "\x1d", "+"])
def test_the_interchange_names_its_separators(
    terminator: str, separator: str, tmp_path: Path
) -> None:
    content = written(ORDER, terminator).replace("*", separator)
    assert rows(content, tmp_path, *NAMES) == WHOLE


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + written(ORDER).encode(),
        ("\ufeff" + written(ORDER)).encode(),
        b"\n\n  " + written(ORDER).encode(),
        written(ORDER).encode() + b"\r\n\r\n",
        "\n".join(f"    {segment}~" for segment in ORDER).encode(),
    ],
)
def test_marks_blanks_and_indents_around_segments_are_nothing(
    content: bytes, tmp_path: Path
) -> None:
    assert rows(content, tmp_path, *NAMES) == WHOLE


def test_a_row_is_under_the_ordinal_of_its_segment(tmp_path: Path) -> None:
    assert [line for line, _ in read(written(ORDER), tmp_path)._rows] == [7, 8]


def test_an_unnumbered_line_is_a_line(tmp_path: Path) -> None:
    assert rows(written(ORDER), tmp_path, "PO101", "PO1[VN]") == [("1", "POT-S"), (None, "POT-L")]


def test_a_document_without_items_is_one_row(tmp_path: Path) -> None:
    empty = (*ORDER[:6], "CTT*0", "SE*6*0001", *ORDER[-2:])
    assert rows(written(empty), tmp_path, "BEG03", "PO102") == [("PO-7", None)]


def test_every_document_of_an_interchange_keeps_to_itself(tmp_path: Path) -> None:
    second = ("ST*850*0002", "BEG*00*SA*PO-8**20261117", "PO1*1*1*EA*1**VN*CUP", "SE*4*0002")
    content = written((*ORDER[:-2], *second, "GE*2*1", "IEA*1*000000001"))
    assert rows(content, tmp_path, "BEG03", "N1[ST]04", "PO1[VN]") == [
        ("PO-7", "W1", "POT-S"),
        ("PO-7", "W1", "POT-L"),
        ("PO-8", None, "CUP"),
    ]


def test_two_interchanges_may_be_in_one_file(tmp_path: Path) -> None:
    assert len(rows(written(ORDER + ORDER), tmp_path, "PO102")) == 4


def test_what_a_level_says_holds_below_it_and_nowhere_else(tmp_path: Path) -> None:
    names = ("REF[CN]02", "PRF01", "LIN[VP]", "SN102")
    assert rows(written(NOTICE), tmp_path, *names, each="LIN", set_="856") == [
        ("1Z9", "PO-1", "CW-1", "48"),
        ("1Z9", "PO-2", "CW-2", "2"),
        ("1Z9", "PO-2", "CW-3", "5"),
    ]


def test_an_answer_within_an_item_is_a_row_of_its_own(tmp_path: Path) -> None:
    answered = (
        ISA, ORDER[1].replace("PO", "PR"), "ST*855*0001", "BAK*00*AC*PO-7*20261117", "PO1*1*10*EA*5.10**VN*POT-S",
        "ACK*IA*6*EA", "ACK*IB*4*EA", "PO1*2*3*EA*2.00**VN*POT-L", "CTT*2", "SE*8*0001", *ORDER[-2:],
    )  # fmt: skip
    found = rows(
        written(answered), tmp_path, "PO1[VN]", "ACK01", "ACK02", each="PO1/ACK", set_="855"
    )
    assert found == [("POT-S", "IA", "6"), ("POT-S", "IB", "4"), ("POT-L", None, None)]


def test_another_transaction_set_is_another_kind(tmp_path: Path) -> None:
    path = tmp_path / "order.edi"
    path.write_text(written(ORDER), "utf-8")
    assert grid(path, "810", "IT1") is None


# ---- what its counts do not prove ---------------------------------------------------------------


@pytest.mark.parametrize("line", range(1, len(ORDER)))
def test_a_segment_that_is_lost_refuses_the_interchange(line: int, tmp_path: Path) -> None:
    content = written((*ORDER[:line], *ORDER[line + 1 :]))
    assert refusal(content, tmp_path) == "broken_interchange"


@pytest.mark.parametrize("line", range(len(ORDER)))
def test_a_segment_that_comes_twice_refuses_the_interchange(line: int, tmp_path: Path) -> None:
    content = written((*ORDER[:line], ORDER[line], *ORDER[line:]))
    assert refusal(content, tmp_path) == "broken_interchange"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("SE*8*0001", "SE*7*0001"),
        ("SE*8*0001", "SE*8*0002"),
        ("SE*8*0001", "SE"),
        ("GE*1*1", "GE*2*1"),
        ("GE*1*1", "GE*1*2"),
        ("IEA*1*000000001", "IEA*2*000000001"),
        ("IEA*1*000000001", "IEA*1*000000002"),
        ("IEA*1", "IEA*x"),
        ("ST*850*0001~\n", ""),
        ("PO1*1*10", "po1*1*10"),
        ("PO1*1*10", "P*1*10"),
        ("~\nPO1**3", "PO1**3"),
        ("PO1*1*10", "PO1*1~10"),
        ("GE*1*1~\n", ""),
        ("*>~", "*>"),
    ],
)
def test_a_count_that_is_wrong_refuses_the_interchange(old: str, new: str, tmp_path: Path) -> None:
    assert refusal(written(ORDER).replace(old, new), tmp_path) == "broken_interchange"


def test_an_interchange_cut_anywhere_is_refused(tmp_path: Path) -> None:
    whole = written(ORDER)
    for end in range(3, len(whole.rstrip("~\n"))):
        assert refusal(whole[:end], tmp_path) == "broken_interchange"


@pytest.mark.parametrize(("old", "new"), [("HL*5*4", "HL*5*9"), ("HL*5*4", "HL*4*1")])
def test_a_level_below_none_or_twice_refuses_the_interchange(
    old: str, new: str, tmp_path: Path
) -> None:
    path = tmp_path / "notice.edi"
    path.write_text(written(NOTICE).replace(old, new), "utf-8")
    with pytest.raises(Refused, match="HL"):
        grid(path, "856", "LIN")


def test_the_other_encoding_is_cp1252(tmp_path: Path) -> None:
    content = written(ORDER).replace("POT-S", "CAFÉ").encode("cp1252")
    assert rows(content, tmp_path, "PO1[VN]") == [("CAFÉ",), ("POT-L",)]


@pytest.mark.parametrize(
    ("text", "damaged"),
    [("POT-É POT-\u00dc".encode() + b"\xff", "utf-8"), (b"POT-\xc9-\x81", "cp1252")],
)
def test_a_byte_that_is_no_character_costs_its_row_and_no_other(
    text: bytes, damaged: str, tmp_path: Path
) -> None:
    reading = read(written(ORDER).encode().replace(b"POT-S", text), tmp_path)
    assert [row.reason for row in reading.damaged] == ["not_text"]
    assert [cells[reading.header.index("PO1[VN]")] for _, cells in reading._rows] == ["POT-L"]
