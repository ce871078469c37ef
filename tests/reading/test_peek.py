"""What a file is shows in its bytes, never in its name; a refusal says how to fix it."""

import gzip
import pickle
import zipfile
from pathlib import Path

import pytest

from tasks.reading.peek import Refused, peek, split_line

REFUSED = {
    "empty_file": [b"", b" \r\n\t\n", b"\xef\xbb\xbf", "\ufeff \n".encode("utf-16-le")],
    "html_page": [b"<!DOCTYPE html><html>Log in</html>", b"\n<html lang='en'><body>"],
    "pdf": [b"%PDF-1.7\n"],
    "encrypted_office": [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100)],
    "archive": [b"7z\xbc\xaf\x27\x1c\x00\x04", b"Rar!\x1a\x07\x00"],
    "binary": [bytes(range(256)) * 4],
    "utf16_without_mark": ["Name,Total\n1,2\n".encode(code) for code in ("utf-16-le", "utf-16-be")],
}


@pytest.mark.parametrize(
    ("code", "content"), [(code, content) for code, all_ in REFUSED.items() for content in all_]
)
def test_what_is_no_table_is_refused(tmp_path: Path, code: str, content: bytes) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(content)
    with pytest.raises(Refused) as refusal:
        peek(path)
    assert refusal.value.code == code
    assert str(refusal.value).startswith("orders.csv is")


def test_a_workbook_is_recognised_under_any_name(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    with zipfile.ZipFile(path, "w") as workbook:
        workbook.writestr("[Content_Types].xml", "<Types/>")
    assert peek(path).kind == "workbook"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (gzip.compress(b"a,b\n", mtime=0), "gzip"),
        (b"PK\x03\x04cut short", "zip"),
        (b'{"orders": []}', "json"),
        (b'\xef\xbb\xbf [ {"id": 1}]', "json"),
        (b"<?xml version='1.0'?><a/>", "xml"),
        (b"ISA*00* *00* *ZZ*A*ZZ*B*030910*1059*U*00401*000000001*0*T*>~", "edi"),
        (b"ISA,00\n", "text"),
        (b"[id],name\n", "text"),
        (b"PK,name\n1,<html>\n", "text"),
        (b"Name,Total\n", "text"),
        (b"a\x00,b\n1,2\n" + b"3,4\n" * 10, "text"),
    ],
)
def test_the_kind_is_known_by_the_content(tmp_path: Path, content: bytes, kind: str) -> None:
    path = tmp_path / "export.dat"
    path.write_bytes(content)
    assert peek(path).kind == kind


@pytest.mark.parametrize("code", ["utf-8-sig", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_a_byte_order_mark_names_the_encoding(tmp_path: Path, code: str) -> None:
    path = tmp_path / "orders.csv"
    text = "Straße,Preis\r\n1,2\r\n"
    marked = text if code == "utf-8-sig" else "\ufeff" + text
    path.write_bytes(marked.encode(code))
    seen = peek(path)
    assert (seen.encoding, seen.head) == (code, ("Straße,Preis", "1,2"))


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_the_head_is_whole_physical_lines(tmp_path: Path, newline: str) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(newline.join(["Größe,b", "", "1,2"] * 20_000).encode("cp1252"))
    head = peek(path).head
    assert set(head) == {"Größe,b", "", "1,2"}
    assert head[:3] == ("Größe,b", "", "1,2")


def test_a_header_is_split_by_rfc_4180() -> None:
    assert split_line('a,"b ""x"", y", c ,""', ",", '"') == ["a", 'b "x", y', " c ", ""]
    assert split_line('"a"\t5" tube', "\t", None) == ['"a"', '5" tube']


def test_a_refusal_survives_the_way_between_processes() -> None:
    copy = pickle.loads(pickle.dumps(Refused("pdf", "x is a PDF.")))  # noqa: S301
    assert (copy.code, str(copy)) == ("pdf", "x is a PDF.")
