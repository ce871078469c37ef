"""Any text file as UTF-8, its undecodable bytes still marked."""

import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.reading.peek import byte_order_mark, feeds_for_returns, has_only_returns

BLOCK = 1 << 20
UTF_8 = ("utf-8", "utf-8-sig")

# One character of several bytes in UTF-8. By chance such bytes are common in text of these encodings
# and rare in cp1252, where a lone accented letter is followed by an ASCII one.
SEQUENCE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
MULTI_BYTE = {"shift_jis", "cp932", "euc_jp", "euc_kr", "gb18030", "gbk", "big5"}

# Undecodable bytes become a lone surrogate, which no valid UTF-8 contains: the row stays marked.
DAMAGE = "backroom.damage"
codecs.register_error(DAMAGE, lambda error: ("\udcff", error.end))  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Utf8:
    """A file as UTF-8 whose lines end in line feeds, with or without a carriage return."""

    path: Path  # the original where it already is that
    start: int  # bytes of its byte order mark
    encoding: str  # of the original
    is_valid: bool  # no undecodable bytes
    only_returns: bool  # the original ended its lines with lone carriage returns


def as_utf8(path: Path, encodings: Sequence[str], copy: Path) -> Utf8:
    """Return `path` as UTF-8, written to `copy` only if it is something else.

    A byte order mark decides the encoding; else the first of `encodings` in which every byte is
    defined; else the first. A file that is not UTF-8 but in which characters of several bytes are
    UTF-8 stays UTF-8, if that is one of `encodings`: it has damaged rows, and in another encoding
    its good rows would be silently wrong. In a file that ends its lines with lone carriage
    returns, those are read as line feeds, within cells too, and a stray line feed as damage.
    """
    with path.open("rb") as file:
        encoding, start = byte_order_mark(file.read(4))
    encoding = encoding or _encoding(path, encodings)
    source = path
    if encoding not in UTF_8:
        _write(copy, _transcoded(path, encoding, start))
        source, start = copy, 0
    only_returns = has_only_returns(next(_blocks(source), b"").decode("utf-8", "replace"))
    if only_returns:
        lines = copy.with_name(f"{copy.name}.lines")
        _write(lines, map(feeds_for_returns, _blocks(source)))
        source = lines.replace(copy)
    return Utf8(source, start, encoding, _decodes(source, "utf-8"), only_returns)


def _encoding(path: Path, encodings: Sequence[str]) -> str:
    if all(block.isascii() for block in _blocks(path)):
        return "utf-8"
    fitting = next((encoding for encoding in encodings if _decodes(path, encoding)), encodings[0])
    if "utf-8" in encodings and fitting != "utf-8":
        sequences, strays = _utf8_evidence(path)
        if sequences > (strays if fitting in MULTI_BYTE else 0):
            return "utf-8"
    return fitting


def _utf8_evidence(path: Path) -> tuple[int, int]:
    """Count the characters of several bytes that are UTF-8, and the other bytes beyond ASCII."""
    sequences = strays = 0
    with path.open("rb") as file:
        while lines := file.readlines(BLOCK):  # whole lines: no character is cut in two
            rest, found = SEQUENCE.subn(b"", b"".join(lines))
            sequences += found
            strays += len(rest) - len(rest.decode("ascii", "ignore"))
    return sequences, strays


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for block in _blocks(path):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _transcoded(path: Path, encoding: str, start: int) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)(errors=DAMAGE)
    for block in _blocks(path, start):
        yield decoder.decode(block).encode("utf-8", "surrogatepass")
    yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")


def _blocks(path: Path, start: int = 0) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while block := file.read(BLOCK):
            while block.endswith(b"\r") and (ahead := file.read(1)):
                block += ahead  # no line end is cut in two
            yield block


def _write(path: Path, blocks: Iterator[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.writelines(blocks)
