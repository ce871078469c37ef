"""EDI X12 interchanges as rows: one row per line item, the document's own segments repeated.

The cells of a row are named as the trade names elements: `PO102` is the second element of PO1;
`N1[ST]04` the fourth of the N1 whose first is ST; `PO1[VN]` what follows the qualifier VN. The
separators are the interchange's own. Segment counts prove that nothing is missing.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.reading.encodings import DAMAGE, SEQUENCE
from tasks.reading.grid import Cells, Grid
from tasks.reading.peek import Refused, byte_order_mark

MOST_BYTES = 1 << 28
ISA_ELEMENTS = 16
PAIRS_FROM = {"PO1": 6, "IT1": 6, "LIN": 2, "SLN": 9}  # qualifier and value, from this element on
QUALIFIED = {"ACK", "AMT", "CUR", "DTM", "DTP", "N1", "N9", "QTY", "REF", "SAC"}  # by their first
SUMMARY = {"CTT", "TDS", "BPR"}  # the first of them ends the last line item
GROUPS = {
    "IN": "810",
    "PO": "850",
    "PR": "855",
    "PC": "860",
    "SH": "856",
    "FA": "997",
}  # GS01: ST01
BLANKS = " \t\r\n"
SEGMENT = re.compile(r"[A-Z][A-Z0-9]{1,2}$")


@dataclass(frozen=True)
class Segment:
    """One segment and its ordinal in the file, from 1."""

    number: int
    elements: tuple[str, ...]

    @property
    def name(self) -> str:
        """What kind it is."""
        return self.elements[0]

    def __getitem__(self, place: int) -> str:
        return self.elements[place] if place < len(self.elements) else ""


def grid(path: Path, transaction_set: str, each: str) -> Grid | None:
    """Return the line items of every `transaction_set` in the file; None where it has none.

    `each` is the segment that begins an item (`PO1`), or one within it (`PO1/ACK`: a row per
    acknowledgement, and one for an item without).

    Raises:
        Refused: it is no whole interchange.
    """
    segments = _segments(path)
    rows: list[tuple[int, Mapping[str, str]]] = []
    is_there = False
    for envelope, body in _transactions(path.name, segments):
        if body[0][1] == transaction_set:
            is_there = True
            rows += _rows(path.name, envelope, body, each)
    if not is_there:
        return None
    header = tuple(dict.fromkeys(name for _, row in rows for name in row))
    cells: list[tuple[int, Cells]] = [(0, header)]
    cells += ((line, tuple(row.get(name) for name in header)) for line, row in rows)
    return Grid(transaction_set, f"EDI X12 {transaction_set}", cells, name=path.name)


def _segments(path: Path) -> list[Segment]:
    content = path.read_bytes()
    if len(content) > MOST_BYTES:
        raise Refused("document_too_large", f"{path.name} is too large for one interchange.")
    text = _text(content).lstrip()
    separator = text[3:4]
    places = [place.start() for place in re.finditer(re.escape(separator), text[:512])]
    if not text.startswith("ISA") or len(places) < ISA_ELEMENTS:
        raise _broken(path.name, "its first segment (ISA) is not complete")
    end = places[ISA_ELEMENTS - 1] + 2
    terminator = text[end : end + 1]
    if not terminator or terminator.isalnum():
        raise _broken(path.name, "its first segment (ISA) does not say how segments end")
    found = []
    for number, piece in enumerate(text.split(terminator), start=1):
        if not (body := piece.strip(BLANKS)):
            continue
        elements = tuple(element.strip(BLANKS) for element in body.split(separator))
        if not SEGMENT.fullmatch(elements[0]):
            raise _broken(path.name, f"segment {number} does not begin with a segment name")
        found.append(Segment(number, elements))
    return found


def _text(content: bytes) -> str:
    """Return the text; a byte that is no character becomes half a character, which marks its rows.

    One damaged byte in UTF-8 must not make cp1252 of all its other characters.
    """
    _, mark = byte_order_mark(content[:4])
    content = content[mark:]
    try:
        return content.decode()
    except UnicodeDecodeError:
        encoding = "utf-8" if SEQUENCE.search(content) else "cp1252"
        return content.decode(encoding, DAMAGE)


def _transactions(
    name: str, segments: Sequence[Segment]
) -> Iterator[tuple[Mapping[str, str], list[Segment]]]:
    """Yield each transaction set with its envelope's cells, its counts checked."""
    envelope: dict[str, str] = {}
    body: list[Segment] = []
    groups = sets = 0
    is_closed, is_group_closed = True, True
    for segment in segments:
        match segment.name:
            case "ISA":
                if not is_closed:
                    raise _broken(name, "an interchange ends without IEA")
                envelope, groups, is_closed = dict(_cells(segment)), 0, False
            case "GS":
                if not is_group_closed:
                    raise _broken(name, "a group ends without GE")
                own = {key: cell for key, cell in envelope.items() if key.startswith("ISA")}
                envelope = own | dict(_cells(segment))
                groups, sets, is_group_closed = groups + 1, 0, False
            case "ST":
                # A group holds sets of one kind; one that is called otherwise would be passed over.
                if segment[1] != GROUPS.get(envelope.get("GS01", ""), segment[1]):
                    raise _broken(name, f"a group {envelope['GS01']} holds the set {segment[1]}")
                if body:
                    raise _broken(name, f"the transaction set {body[0][2]} ends without SE")
                body = [segment]
                sets += 1
            case "SE":
                _check(name, body, segment)
                yield envelope, body
                body = []
            case "GE":
                if is_group_closed:
                    raise _broken(name, "GE without GS")
                if body or segment[1] != str(sets) or segment[2] != envelope.get("GS06"):
                    raise _broken(
                        name, f"GE counts {segment[1]} transaction sets, there are {sets}"
                    )
                is_group_closed = True
            case "IEA":
                if is_closed:
                    raise _broken(name, "IEA without ISA")
                if body or not is_group_closed or segment[1] != str(groups):
                    raise _broken(name, f"IEA counts {segment[1]} groups, there are {groups}")
                if segment[2] != envelope.get("ISA13"):
                    raise _broken(name, "ISA and IEA have different control numbers")
                is_closed = True
            case _ if body:
                body.append(segment)
            case other:
                raise _broken(name, f"the segment {other} is outside of a transaction set")
    if not is_closed or body:
        raise _broken(name, "it ends before IEA")


def _check(name: str, body: Sequence[Segment], end: Segment) -> None:
    if not body:
        raise _broken(name, "SE without ST")
    count = len(body) + 1
    if end[1].lstrip("0") != str(count) or end[2] != body[0][2]:
        raise _broken(
            name,
            f"the transaction set {body[0][2]} has {count} segments, its SE says {end[1]} of {end[2]}",
        )


def _rows(
    name: str, envelope: Mapping[str, str], body: Sequence[Segment], each: str
) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield line and cells of each item of one transaction set."""
    item, _, part = each.partition("/")
    document: dict[str, str] = dict(envelope)
    scopes: dict[str, dict[str, str]] = {}  # of HL, by its id: what a level says holds below it
    items: list[tuple[int, dict[str, str], list[Segment]]] = []
    scope = document
    before: dict[str, str] = {}  # what the level of HL said before its first item
    is_item = False
    for segment in body:
        if segment.name == "HL":
            if segment[1] in scopes or (segment[2] and segment[2] not in scopes):
                raise _broken(name, f"the level HL {segment[1]} comes twice or below none")
            scope = dict(scopes.get(segment[2], document))
            scopes[segment[1]] = scope
            is_item = False
        if segment.name in SUMMARY:
            scope, is_item = document, False
        if segment.name == item:
            if not scopes:
                scope = {}
            elif is_item:
                scope = dict(before)
            else:
                before = dict(scope)
            items.append((segment.number, scope, []))
            is_item = True
        if part and segment.name == part:
            if not is_item:
                raise _broken(name, f"{part} is outside of {item}")
            items[-1][2].append(segment)
            continue
        for cell, value in _cells(segment):
            scope.setdefault(cell, value)
    if not items:
        yield body[0].number, document
    for number, own, parts in items:
        row = document | own
        if not parts:
            yield number, row
        for one in parts:
            yield one.number, row | dict(_cells(one))


def _cells(segment: Segment) -> Iterator[tuple[str, str]]:
    """Yield the cells of one segment, by element and by qualifier."""
    for place, value in enumerate(segment.elements[1:], start=1):
        if value:
            yield f"{segment.name}{place:02}", value
            if place > 1 and segment.name in QUALIFIED:
                yield f"{segment.name}[{segment[1]}]{place:02}", value
    first = PAIRS_FROM.get(segment.name)
    for place in range(first, len(segment.elements) - 1, 2) if first else ():
        if segment[place] and segment[place + 1]:
            yield f"{segment.name}[{segment[place]}]", segment[place + 1]


def _broken(name: str, why: str) -> Refused:
    return Refused(
        "broken_interchange",
        f"{name} is not a complete EDI interchange: {why}. Ask the partner to send it again.",
    )
