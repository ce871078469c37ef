"""A first look at a file: what it is, and a refusal that helps when it is no table."""

import codecs
import errno
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from config.errors import FatalError, RetryableError
from config.export import Export

Kind = Literal["text", "json", "xml", "edi", "workbook", "zip", "gzip"]

HEAD_BYTES = 1 << 16
BINARY_SHARE = 0.05  # damaged text has a stray control byte, a program's file is full of them

# Longest first: the mark of UTF-32 begins with that of UTF-16.
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
GZIP, ZIP = b"\x1f\x8b", (b"PK\x03\x04", b"PK\x05\x06")
OTHER_ARCHIVES = (
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"\x28\xb5\x2f\xfd",
)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

CONTROLS = bytes({*range(32)} - {*b"\t\n\r\f"})
HTML = re.compile(r"<(!doctype\s+html|html|head|body|script|title|form)[\s>]", re.IGNORECASE)
LONE_RETURN = re.compile(r"\r(?!\n)")
SWAPPED_LINE_ENDS = bytes.maketrans(b"\r\n", b"\n\r")
EDI = re.compile(r"ISA([^\w\s])(?:[^\r\n]{0,40}?\1){14}")
JSON = re.compile(r'\{\s*["}]|\[\s*[\[{"\]\d-]')


class Refused(FatalError):  # noqa: N818, what was done with the file, as every caller says it
    """A whole file that cannot be read as a table; the message says how to get the right one."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)  # both, so that it survives pickling between processes
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return self.message


class RefusedAs(Refused):
    """A refused file whose export is known, so that its owner can be alerted."""

    def __init__(self, export: Export, code: str, message: str) -> None:
        super().__init__(code, message)
        self.export = export


UNREADABLE = "unreadable_file"
# Errors of this machine, not of the file: it is read once they are fixed.
OF_THE_MACHINE = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE, errno.EROFS}


@contextmanager
def one_file(name: str) -> Iterator[None]:
    """Let the block fail the file `name` and nothing else: what no reader foresaw refuses it.

    The reason names the kind of error only: its text may quote a cell.

    Raises:
        Refused: the block failed on this file.
    """
    try:
        yield
    except (FatalError, RetryableError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in OF_THE_MACHINE:
            raise
        raise Refused(
            UNREADABLE,
            f"{name} cannot be read ({type(error).__name__}): nothing of it is used, the other files"
            " are. Ask for the export again; if the new file fails too, keep it and report this.",
        ) from error


@dataclass(frozen=True)
class Peek:
    """What the first bytes of a file show."""

    kind: Kind
    encoding: str | None  # by its byte order mark, else None
    head: tuple[str, ...]  # whole physical lines of the first 64 KB, decoded leniently
    bytes: int


def peek(path: Path) -> Peek:
    """Return what the file at `path` is, by its content and never by its name.

    Raises:
        Refused: it is empty, a web page, a PDF, an archive of an unknown kind or otherwise no text.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(HEAD_BYTES)
    _refuse_other_formats(path, start)
    if start.startswith(GZIP):
        return Peek("gzip", None, (), size)
    if start.startswith(ZIP):
        return Peek("workbook" if _is_workbook(path) else "zip", None, (), size)
    encoding = byte_order_mark(start)[0]
    if encoding is None:
        _refuse_binary(path, start)
    text = _lenient(start, encoding)
    body = text.lstrip()
    if not body and size <= HEAD_BYTES:
        raise Refused(
            "empty_file",
            f"{path.name} is empty. If there really was nothing to export, leave it out; "
            "otherwise ask for the export again.",
        )
    if HTML.search(body[:2048]) and body.startswith("<"):
        raise Refused(
            "html_page",
            f"{path.name} is a web page, not an export: the session had ended when it was "
            "downloaded. Log in and download the export again.",
        )
    return Peek(_kind(body), encoding, _lines(text, cut=size > len(start)), size)


def byte_order_mark(start: bytes) -> tuple[str | None, int]:
    """Return the encoding that a byte order mark at the `start` names, and the mark's length."""
    for mark, encoding in BYTE_ORDER_MARKS:
        if start.startswith(mark):
            return encoding, len(mark)
    return None, 0


def has_only_returns(start: str) -> bool:
    """Return whether lines end in lone carriage returns, as on old Macs."""
    return len(LONE_RETURN.findall(start)) > start.count("\n")


def feeds_for_returns(block: bytes) -> bytes:
    """Return `block` with carriage returns and line feeds swapped, but pairs of them kept."""
    return block.translate(SWAPPED_LINE_ENDS).replace(b"\n\r", b"\r\n")


def split_line(line: str, delimiter: str, quote: str | None) -> list[str]:
    """Return the cells of one record by RFC 4180; with no `quote`, quotes are data.

    Lenient where the line is broken: text around a quoted part is kept as it is.
    """
    if quote is None or quote not in line:
        return line.split(delimiter)
    cells, cell, inside, position = [], "", False, 0
    while position < len(line):
        character = line[position]
        if character == quote and inside and line.startswith(quote, position + 1):
            cell += quote
            position += 1
        elif character == quote:
            inside = not inside
        elif character == delimiter and not inside:
            cells.append(cell)
            cell = ""
        else:
            cell += character
        position += 1
    return [*cells, cell]


def _refuse_other_formats(path: Path, start: bytes) -> None:
    if start.startswith(OLE):
        raise Refused(
            "encrypted_office",
            f"{path.name} is an old or an encrypted Office file (a password or a sensitivity "
            "label does that). Ask for the export as CSV, without a label.",
        )
    if start.startswith(b"%PDF-"):
        raise Refused(
            "pdf", f"{path.name} is a PDF: for people, not for programs. Ask for the CSV export."
        )
    if start.startswith(OTHER_ARCHIVES):
        raise Refused(
            "archive",
            f"{path.name} is an archive of a kind that is not opened. Deliver the files in it, or"
            " pack them as ZIP or gzip.",
        )


def _is_workbook(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return "[Content_Types].xml" in archive.namelist()
    except zipfile.BadZipFile:  # cut short: an archive in either case
        return False


def _refuse_binary(path: Path, start: bytes) -> None:
    even, odd = start[0::2].count(0), start[1::2].count(0)
    if len(start) >= 8 and max(even, odd) > 0.3 * len(start) and min(even, odd) == 0:
        raise Refused(
            "utf16_without_mark",
            f"{path.name} is UTF-16 text without its byte order mark, so its characters can only be "
            'guessed. Save it as UTF-8 ("CSV UTF-8").',
        )
    controls = len(start) - len(start.translate(None, CONTROLS))
    if controls > 1 and controls > BINARY_SHARE * len(start):
        raise Refused(
            "binary",
            f"{path.name} is not text: {controls} of its first {len(start)} bytes are control "
            "characters. Ask for the export again, as CSV.",
        )


def _lenient(start: bytes, encoding: str | None) -> str:
    if encoding:
        replacing: Callable[..., codecs.IncrementalDecoder]
        replacing = codecs.getincrementaldecoder(encoding)
        return replacing(errors="replace").decode(start).removeprefix("\ufeff")
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return start.decode("cp1252", errors="replace")


def _kind(body: str) -> Kind:
    if JSON.match(body):
        return "json"
    if body.startswith("<"):
        return "xml"
    if EDI.match(body):
        return "edi"
    return "text"


def _lines(text: str, *, cut: bool) -> tuple[str, ...]:
    if has_only_returns(text):
        text = feeds_for_returns(text.encode()).decode()
    lines = text.split("\n")
    if cut or not lines[-1]:
        lines.pop()
    return tuple(line.removesuffix("\r") for line in lines)
