"""Damage and change, seeded: every mutant says which rows and columns it may touch.

A mutant's `may` are the cells that are legally another value, or part of a row that is damaged, by
where the changed bytes are. What no syntax can show is named, mutant by mutant: whole rows gone where
the format counts none, the same row twice, a value cut short at the very end of a file.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

from tests.mutations.mutant import NOTHING, Kind, Mutant
from tests.mutations.samples import Line, Sample

ODD = b"\x00\x01\x1b\x80\xa0\xc3\xe9\xff\"',;\t\n\r 0a.-"
LONGEST = 24  # bytes deleted or doubled at once


# ---- any bytes ---------------------------------------------------------------------------------


def byte_flipped(sample: Sample, random: Random) -> Mutant | None:
    at = random.randrange(len(sample.content))
    new = sample.content[at] ^ (1 << random.randrange(8))
    return edited(sample, "byte flipped", at, at + 1, bytes([new]))


def byte_replaced(sample: Sample, random: Random) -> Mutant | None:
    at = random.randrange(len(sample.content))
    return edited(sample, "byte replaced", at, at + 1, bytes([random.choice(ODD)]))


def byte_inserted(sample: Sample, random: Random) -> Mutant | None:
    at = random.randrange(len(sample.content) + 1)
    return edited(sample, "byte inserted", at, at, bytes([random.choice(ODD)]))


def nul_inserted(sample: Sample, random: Random) -> Mutant | None:
    at = random.randrange(len(sample.content) + 1)
    return edited(sample, "NUL inserted", at, at, bytes(random.choice((1, 1, 4))))


def bytes_deleted(sample: Sample, random: Random) -> Mutant | None:
    at = random.randrange(len(sample.content))
    end = min(at + random.randint(1, LONGEST), len(sample.content))
    return edited(sample, "bytes deleted", at, end, b"", at_seams=True)


def bytes_doubled(sample: Sample, random: Random) -> Mutant | None:
    at = random.randrange(len(sample.content))
    end = min(at + random.randint(1, LONGEST), len(sample.content))
    new = sample.content[at:end] * 2
    return edited(sample, "bytes doubled", at, end, new, at_seams=True)


def bytes_overwritten(sample: Sample, random: Random) -> Mutant | None:
    """Copy a block from elsewhere in the file over another, as a failing disk does."""
    size = random.randint(2, LONGEST)
    start, at = (random.randrange(len(sample.content)) for _ in range(2))
    new = sample.content[start : start + size]
    return edited(sample, "bytes overwritten", at, at + len(new), new, at_seams=True)


def truncated(sample: Sample, random: Random) -> Mutant | None:
    at = random.randrange(len(sample.content))
    return edited(sample, "truncated", at, len(sample.content), b"")


ANY = (
    byte_flipped, byte_replaced, byte_inserted, nul_inserted, bytes_deleted, bytes_doubled,
    bytes_overwritten, truncated,
)  # fmt: skip


# ---- delimited text: its separators -----------------------------------------------------------


def _separator(kind: str, character: Callable[[Sample], bytes], *, removed: bool) -> Kind:
    def make(sample: Sample, random: Random) -> Mutant | None:
        what = character(sample)
        if not what:
            return None
        start = sample.lines[0].start
        if not removed:
            at = random.randrange(start, len(sample.content) + 1)
            return edited(sample, kind, at, at, what)
        places = [
            m.start() for m in re.finditer(re.escape(what), sample.content) if m.start() >= start
        ]
        if not places:
            return None
        at = random.choice(places)
        return edited(sample, kind, at, at + len(what), b"")

    return make


def _delimiter(sample: Sample) -> bytes:
    return sample.delimiter


def _quote(sample: Sample) -> bytes:
    return sample.quote or b""


def _newline(sample: Sample) -> bytes:
    return b"\r\n" if b"\r\n" in sample.content else b"\n"


SEPARATORS = tuple(
    _separator(f"{name} {'removed' if removed else 'inserted'}", character, removed=removed)
    for name, character in {"delimiter": _delimiter, "quote": _quote, "newline": _newline}.items()
    for removed in (False, True)
)


# ---- delimited text: its lines -----------------------------------------------------------------


def line_deleted(sample: Sample, random: Random) -> Mutant | None:
    line = random.choice(sample.lines)
    return edited(sample, "line deleted", line.start, line.stop, b"", is_line=True)


def line_doubled(sample: Sample, random: Random) -> Mutant | None:
    line = random.choice(sample.lines)
    content = sample.content
    new = content[: line.stop] + _ended(sample, line) + content[line.stop :]
    return Mutant(sample, "line doubled", new, again=frozenset(sample.rows_of.get(line.number, ())))


def lines_swapped(sample: Sample, random: Random) -> Mutant | None:
    if len(sample.lines) < 3:
        return None
    one, two = sorted(random.sample(sample.lines[1:], 2), key=lambda line: line.start)
    content = sample.content
    new = (
        content[: one.start] + _ended(sample, two) + content[one.stop : two.start]
        + _ended(sample, one) + content[two.stop :]
    )  # fmt: skip
    return Mutant(sample, "lines swapped", new)


def blank_line_inserted(sample: Sample, random: Random) -> Mutant | None:
    line = random.choice(sample.lines)
    blank = random.choice((b"", b"  ", sample.delimiter * (len(sample.lines[0].cells) - 1)))
    new = sample.content[: line.stop] + blank + _newline(sample) + sample.content[line.stop :]
    return Mutant(sample, "blank line inserted", new) if line.stop > line.end else None


def line_ends_changed(sample: Sample, random: Random) -> Mutant | None:
    if b"\r\n" in sample.content:
        new = sample.content.replace(b"\r\n", random.choice((b"\n", b"\r")))
    else:
        new = sample.content.replace(b"\n", random.choice((b"\r\n", b"\r")))
    # Within quotes a line end is data, and it changes with the others.
    may = {
        row: frozenset(sample.columns)
        for line in sample.lines
        if b"\n" in sample.content[line.start : line.end]
        for row in sample.rows_of.get(line.number, ())
    }
    return Mutant(sample, "line ends changed", new, may=may)


LINES = (line_deleted, line_doubled, lines_swapped, blank_line_inserted, line_ends_changed)


# ---- delimited text: its columns ---------------------------------------------------------------


def columns_swapped(sample: Sample, random: Random) -> Mutant | None:
    width = len(sample.lines[0].cells)
    one, two = random.randrange(width), random.randrange(width)
    parts, at = [], 0
    for line in sample.lines:
        if len(line.cells) != width:
            continue
        order = list(line.cells)
        order[one], order[two] = order[two], order[one]
        parts += [sample.content[at : line.start], _joined(sample, order)]
        at = line.end
    new = b"".join([*parts, sample.content[at:]])
    # A line that has not all cells is damaged in either order.
    return Mutant(sample, "columns swapped", new)


def column_added(sample: Sample, random: Random) -> Mutant | None:
    parts, at = [], 0
    for number, line in enumerate(sample.lines):
        if not line.cells:
            continue
        cell = b"A new column" if number == 0 else random.choice((b"", b"x", b"7"))
        parts += [sample.content[at : line.end], sample.delimiter, cell]
        at = line.end
    new = b"".join([*parts, sample.content[at:]])
    if sample.export.is_unpivoted:
        return None  # there, it is more data
    return Mutant(sample, "column added", new)


def header_renamed(sample: Sample, random: Random) -> Mutant | None:
    start, end = random.choice(sample.lines[0].cells)
    name = sample.content[start:end].strip(b'"')
    words = (name + b" (new)", b"The " + name, name.replace(b" ", b"_") + b"_2", b"x", b"")
    return edited(sample, "header renamed", start, end, random.choice(words))


def header_doubled(sample: Sample, random: Random) -> Mutant | None:
    """One header in place of another: whatever is below it is now called that."""
    cells = sample.lines[0].cells
    (start, end), other = random.choice(cells), random.choice(cells)
    if (start, end) == other:
        return None
    return edited(sample, "header doubled", start, end, sample.content[slice(*other)])


COLUMNS = (columns_swapped, column_added, header_renamed, header_doubled)


# ---- delimited text: its values ----------------------------------------------------------------


def _cell(sample: Sample, random: Random) -> tuple[Line, int] | None:
    lines = [line for line in sample.lines[1:] if line.cells and line.number in sample.rows_of]
    if not lines:
        return None
    line = random.choice(lines)
    return line, random.randrange(len(line.cells))


def _value(kind: str, change: Callable[[bytes, Random], bytes | None]) -> Kind:
    def make(sample: Sample, random: Random) -> Mutant | None:
        for _ in range(30):
            if not (found := _cell(sample, random)):
                return None
            line, place = found
            start, end = line.cells[place]
            old = sample.content[start:end]
            value = old
            if sample.quote and old.startswith(sample.quote):
                value = old[1:-1].replace(b'""', b'"')
            new = change(value, random)
            if new is not None and new != value:
                return edited(sample, kind, start, end, _written(sample, new))
        return None

    return make


def _always(new: bytes) -> Callable[[bytes, Random], bytes | None]:
    return lambda _value, _random: new


def _digit(value: bytes, random: Random) -> bytes | None:
    places = [m.start() for m in re.finditer(rb"\d", value)]
    if not places:
        return None
    at = random.choice(places)
    return value[:at] + bytes([random.choice(b"0123456789")]) + value[at + 1 :]


def _decimal(value: bytes, random: Random) -> bytes | None:
    if not re.fullmatch(rb"\D{0,4}[\d.,]+\D{0,4}", value) or not re.search(rb"[.,]", value):
        return None
    return value.translate(bytes.maketrans(b".,", b",."))


def _thousands(value: bytes, random: Random) -> bytes | None:
    found = re.fullmatch(rb"(-?\d{1,3})((?:[.,]\d+)?)", value)
    return found[1] + random.choice((b",", b".", b" ", b"'")) + b"000" + found[2] if found else None


def _mangled(value: bytes, random: Random) -> bytes | None:
    """Return what a spreadsheet makes of the value."""
    if re.fullmatch(rb"\d{12,}", value):
        whole, character = f"{float(value):.5E}".split("E+")
        return f"{whole}E+{character}".encode()
    if re.fullmatch(rb"0+\d+", value):
        return value.lstrip(b"0") or b"0"
    if re.fullmatch(rb"-?\d+\.\d*0", value):
        return value.rstrip(b"0").rstrip(b".")
    if found := re.match(rb"(\d{4})-(\d\d)-(\d\d)", value):
        return b"/".join((found[2].lstrip(b"0"), found[3].lstrip(b"0"), found[1]))
    if re.fullmatch(rb"[A-Z]{3}-?\d{1,2}", value):
        return value[-2:].lstrip(b"-") + b"-" + value[:3].title()
    return None


def _sign_changed(value: bytes, random: Random) -> bytes | None:
    if not re.fullmatch(rb"-?\d[\d.,]*", value):
        return None
    return random.choice(
        (b"-" + value, b"(" + value + b")", value + b"-", b"+" + value, b"\xe2\x88\x92" + value)
    )


def _blanks(value: bytes, random: Random) -> bytes | None:
    blank = random.choice((b" ", b"\t", b"\xc2\xa0", b"\xe2\x80\x8b", b"\xe2\x80\xaf"))
    at = random.randrange(len(value) + 1)
    return value[:at] + blank + value[at:]


def cell_from_another_row(sample: Sample, random: Random) -> Mutant | None:
    one, two = _cell(sample, random), _cell(sample, random)
    if not one or not two or one[1] >= len(two[0].cells):
        return None
    (line, place), other = one, two[0]
    new = sample.content[slice(*other.cells[place])]
    return edited(sample, "cell from another row", *line.cells[place], new)


def row_shifted(sample: Sample, random: Random) -> Mutant | None:
    """Part of a row is one header further left or right, and the row is as wide as before."""
    if not (found := _cell(sample, random)):
        return None
    line, place = found
    cells = [sample.content[start:end] for start, end in line.cells]
    if random.random() < 0.5:
        shifted = [*cells[:place], *cells[place + 1 :], b""]
    elif cells[-1]:
        return None
    else:
        shifted = [*cells[:place], b"", *cells[place:-1]]
    new = sample.delimiter.join(shifted)
    mutant = edited(sample, "row shifted", line.start, line.end, new)
    return mutant and replace(mutant, is_shift=True)


VALUES = (
    _value("cell emptied", _always(b"")),
    cell_from_another_row,
    _value("digit changed", _digit),
    _value("decimal mark changed", _decimal),
    _value("thousands mark added", _thousands),
    _value("mangled by a spreadsheet", _mangled),
    _value("sign changed", _sign_changed),
    _value("blank added", _blanks),
    _value("formula", _always(b'=HYPERLINK("http://x","y")')),
)


# ---- delimited text: how it is written ---------------------------------------------------------


def encoding_changed(sample: Sample, random: Random) -> Mutant | None:
    text = _decoded(sample)
    names = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "cp437", "shift_jis")
    encoding = random.choice(names)
    try:
        new = text.encode(encoding)
    except UnicodeEncodeError:
        return None
    # Where nothing shows it, characters beyond ASCII are other characters: that is the sender's damage.
    is_recognised = encoding.startswith(("utf-8", "utf-16", "utf-32")) or new.isascii()
    may = {} if is_recognised else _beyond_ascii(sample)
    return Mutant(sample, f"as {encoding}", new, may=may)


def all_quoted(sample: Sample, random: Random) -> Mutant | None:
    if not sample.quote:
        return None
    parts, at = [], 0
    for line in sample.lines:
        if not line.cells or not any(end > start for start, end in line.cells):
            continue
        cells = [sample.content[start:end] for start, end in line.cells]
        quoted = [cell if cell.startswith(b'"') else b'"' + cell + b'"' for cell in cells]
        parts += [sample.content[at : line.start], sample.delimiter.join(quoted)]
        at = line.end
    return Mutant(sample, "all cells quoted", b"".join([*parts, sample.content[at:]]))


WRITTEN = (encoding_changed, all_quoted)
TEXT: tuple[Kind, ...] = (*ANY, *SEPARATORS, *LINES, *COLUMNS, *VALUES, *WRITTEN)


# ---- where bytes are ---------------------------------------------------------------------------


def edited(
    sample: Sample,
    kind: str,
    start: int,
    end: int,
    new: bytes,
    *,
    at_seams: bool = False,
    is_line: bool = False,
) -> Mutant | None:
    """Return the mutant in which `new` is in place of some bytes, and what that may touch."""
    content = sample.content[:start] + new + sample.content[end:]
    if content == sample.content:
        return None
    mutant = Mutant(sample, kind, content, at_seams=at_seams)
    if sample.family != "text":
        return mutant
    may: dict[int, frozenset[str]] = {}
    gone: set[int] = set()
    again: set[int] = set()
    touched: set[str] = set()
    in_header = heals = False
    for line in sample.lines:
        if line.stop < start or line.start > end:
            continue
        rows = sample.rows_of.get(line.number, ())
        if start <= line.start and line.end <= end and line is not sample.lines[0]:
            gone |= set(rows)
            again |= set(rows)
        if is_line:
            continue
        places = [p for p, (first, last) in enumerate(line.cells) if start <= last and end >= first]
        if line is not sample.lines[0]:
            heals |= line.number not in sample.rows_of
            if at_seams and b"\n" in sample.content[start:end]:
                gone |= set(rows)
                again |= set(rows)
        if line is sample.lines[0]:
            in_header = True
            touched |= _columns(sample, places)
            header_rows = _unpivoted_rows(sample, places)
            may |= {row: may.get(row, NOTHING) | names for row, names in header_rows.items()}
        elif not line.cells:
            may |= {row: frozenset(sample.columns) for row in rows}
        else:
            for row, names in _cells(sample, rows, places).items():
                may[row] = may.get(row, NOTHING) | names
    return replace(
        mutant,
        may=may,
        may_all=frozenset(touched),
        in_header=in_header,
        heals=heals,
        gone=frozenset(gone) if not new else frozenset(),
        again=frozenset(again) if len(new) > end - start else frozenset(),
    )


def _columns(sample: Sample, places: Sequence[int]) -> frozenset[str]:
    """Return our columns that are taken from these places."""
    return frozenset(ours for ours, place in sample.kind.places.items() if place in places)


def _cells(sample: Sample, rows: Sequence[int], places: Sequence[int]) -> dict[int, frozenset[str]]:
    """Return which of our columns each row has from these places."""
    names = _columns(sample, places)
    unpivoted = list(sample.kind.unpivoted)
    found = dict.fromkeys(rows, names) if names else {}
    for place in set(places) & set(unpivoted):
        row = rows[unpivoted.index(place)]
        found[row] = names | _unpivoted_columns(sample, "cell")
    return found


def _unpivoted_rows(sample: Sample, places: Sequence[int]) -> dict[int, frozenset[str]]:
    """Return the rows whose unpivoted header is at one of these places."""
    unpivoted = list(sample.kind.unpivoted)
    names = _unpivoted_columns(sample, "header")
    return {
        rows[unpivoted.index(place)]: names
        for rows in sample.rows_of.values()
        for place in set(places) & set(unpivoted)
    }


def _unpivoted_columns(sample: Sample, what: str) -> frozenset[str]:
    columns = sample.export.columns.items()
    return frozenset(ours for ours, column in columns if column.unpivot == what)


def _ended(sample: Sample, line: Line) -> bytes:
    return sample.content[line.start : line.end] + _newline(sample)


def _joined(sample: Sample, spans: Sequence[tuple[int, int]]) -> bytes:
    return sample.delimiter.join(sample.content[start:end] for start, end in spans)


def _written(sample: Sample, value: bytes) -> bytes:
    """Return the value as a cell; where there are no quotes it stays as it is."""
    if sample.quote and re.search(b'[\r\n"' + re.escape(sample.delimiter) + b"]", value):
        return b'"' + value.replace(b'"', b'""') + b'"'
    return value


def _decoded(sample: Sample) -> str:
    for encoding in ("utf-8-sig", *sample.export.encodings):
        try:
            return sample.content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise AssertionError(sample.name)


def _beyond_ascii(sample: Sample) -> dict[int, frozenset[str]]:
    return {
        row: frozenset(
            ours
            for ours, text in zip(sample.columns, sample.seen.rows[row], strict=True)
            if text and not text.isascii()
        )
        for row in range(len(sample.seen.rows))
    }
