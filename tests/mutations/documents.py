"""JSON documents, JSON lines and EDI interchanges, changed; and where a change is, by strict parsers.

Any bytes of a document may change. What the change may touch is found by reading both documents with
another parser than ours: Python's own for JSON, a plain split for EDI.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from tasks.reading.header import plain
from tests.mutations.mutant import NOTHING, Kind, Mutant
from tests.mutations.samples import Sample

STRING = rb'"(?:[^"\\]|\\.)*"'
VALUE = re.compile(rb"(?<=[:,\[])\s*(" + STRING + rb"|-?\d[\d.eE+-]*|true|false|null)(?=\s*[,}\]])")
PAIR = re.compile(
    rb"(" + STRING + rb")\s*:\s*(" + STRING + rb"|-?\d[\d.eE+-]*|true|false|null)(?=\s*[,}])"
)
CHARACTERS = b'{}[],:"'


# ---- JSON: kinds -------------------------------------------------------------------------------


def _values(sample: Sample) -> list[tuple[int, int]]:
    return [found.span(1) for found in VALUE.finditer(sample.content)]


def _put(sample: Sample, kind: str, start: int, end: int, new: bytes) -> Mutant:
    return Mutant(sample, kind, sample.content[:start] + new + sample.content[end:])


def character_inserted(sample: Sample, random: Random) -> Mutant:
    at = random.randrange(len(sample.content) + 1)
    return _put(sample, "character inserted", at, at, bytes([random.choice(CHARACTERS)]))


def character_removed(sample: Sample, random: Random) -> Mutant:
    at = random.choice(
        [at for at, character in enumerate(sample.content) if character in CHARACTERS]
    )
    return _put(sample, "character removed", at, at + 1, b"")


def character_replaced(sample: Sample, random: Random) -> Mutant:
    at = random.choice(
        [at for at, character in enumerate(sample.content) if character in CHARACTERS]
    )
    return _put(sample, "character replaced", at, at + 1, bytes([random.choice(CHARACTERS)]))


def value_changed(sample: Sample, random: Random) -> Mutant:
    start, end = random.choice(_values(sample))
    other = random.choice(_values(sample))
    old = sample.content[start:end]
    new = random.choice(
        (b"null", b'""', b"[]", b"{}", b"0", b"true", b"NaN", b"-Infinity", b'{"a": 1}', b"[1, 2]",
         old.strip(b'"'), b'"' + old.strip(b'"') + b'"', old.replace(b".", b","), old + b"0",
         b'"\\ud83d"', b'"\\u0000"', sample.content[slice(*other)])
    )  # fmt: skip
    return _put(sample, "value changed", start, end, new)


def digit_changed(sample: Sample, random: Random) -> Mutant | None:
    places = [
        at
        for start, end in _values(sample)
        for at in range(start, end)
        if sample.content[at : at + 1].isdigit()
    ]
    at = random.choice(places)
    return _put(sample, "digit changed", at, at + 1, bytes([random.choice(b"0123456789")]))


def number_mangled(sample: Sample, random: Random) -> Mutant | None:
    long = [(s, e) for s, e in _values(sample) if re.fullmatch(rb'"?\d{8,}"?', sample.content[s:e])]
    if not long:
        return None
    start, end = random.choice(long)
    number = float(sample.content[start:end].strip(b'"'))
    new = f"{number:.5e}".encode()
    return _put(sample, "number mangled", start, end, new)


def key_renamed(sample: Sample, random: Random) -> Mutant:
    found = random.choice(list(PAIR.finditer(sample.content)))
    start, end = found.span(1)
    return _put(
        sample,
        "key renamed",
        start,
        end,
        random.choice((b'"x"', b'""', b'"' + found[1][1:-1] + b'_v2"')),
    )


def key_taken_over(sample: Sample, random: Random) -> Mutant:
    """The key of another value in place of a value's own: it may then come twice."""
    one, two = (random.choice(list(PAIR.finditer(sample.content))) for _ in range(2))
    return _put(sample, "key taken over", *one.span(1), two[1])


def pair_doubled(sample: Sample, random: Random) -> Mutant:
    found = random.choice(list(PAIR.finditer(sample.content)))
    value = random.choice((found[2], b"null", b'"x"', b"1"))
    return _put(
        sample, "pair doubled", found.start(), found.start(), found[1] + b": " + value + b", "
    )


def pair_deleted(sample: Sample, random: Random) -> Mutant:
    found = random.choice(list(PAIR.finditer(sample.content)))
    end = found.end() + (sample.content[found.end() : found.end() + 1] == b",")
    return _put(sample, "pair deleted", found.start(), end, b"")


def _record_spans(sample: Sample) -> list[tuple[int, int]]:
    """Return where the records are; none where the document is one record."""
    content = sample.content
    if sample.path.suffix == ".jsonl":
        return [m.span() for m in re.finditer(rb"[^\n]+", content)]
    keys = "|".join(re.escape(key) for key in sample.export.records if key)
    opening = re.search((rf'"(?:{keys})"\s*:\s*\[' if keys else r"\A\s*\[").encode(), content)
    if not opening:
        return []
    text = content.decode()
    spans: list[tuple[int, int]] = []
    at = len(content[: opening.end()].decode())
    while True:
        at += len(text[at:]) - len(text[at:].lstrip(" \r\n\t,"))
        if text[at] == "]":
            return spans
        _, end = json.JSONDecoder().raw_decode(text, at)
        spans.append((len(text[:at].encode()), len(text[:end].encode())))
        at = end


def record_moved(sample: Sample, random: Random) -> Mutant | None:
    spans = _record_spans(sample)
    if len(spans) < 2:
        return None
    (a, b), (c, d) = sorted(random.sample(spans, 2))
    content = sample.content
    return Mutant(
        sample,
        "records swapped",
        content[:a] + content[c:d] + content[b:c] + content[a:b] + content[d:],
    )


def record_deleted(sample: Sample, random: Random) -> Mutant | None:
    spans = _record_spans(sample)
    if len(spans) < 2:
        return None
    at = random.randrange(len(spans) - 1)
    return _put(sample, "record deleted", spans[at][0], spans[at + 1][0], b"")


def record_doubled(sample: Sample, random: Random) -> Mutant | None:
    spans = _record_spans(sample)
    if not spans:
        return None
    start, end = random.choice(spans)
    between = b"\n" if sample.path.suffix == ".jsonl" else b", "
    return _put(sample, "record doubled", end, end, between + sample.content[start:end])


def rewritten(sample: Sample, random: Random) -> Mutant | None:
    """The same document by another writer: other blanks, escapes, an order of keys."""
    if sample.path.suffix == ".jsonl":
        return None
    document = json.loads(sample.content, parse_float=_Number, parse_int=_Number)
    text = json.dumps(
        document,
        indent=random.choice((None, 1, 4)),
        ensure_ascii=random.choice((True, False)),
        sort_keys=random.choice((True, False)),
        default=str,
    )
    text = re.sub(r'"\x7fnumber:([^"]+)"|"\\u007fnumber:([^"]+)"', lambda m: m[1] or m[2], text)
    return Mutant(sample, "rewritten", text.encode(random.choice(("utf-8", "utf-8-sig", "utf-16"))))


class _Number(str):
    """A number as it was written."""

    def __new__(cls, text: str) -> "_Number":
        return super().__new__(cls, f"\x7fnumber:{text}")


JSON: tuple[Kind, ...] = (
    character_inserted, character_removed, character_replaced, value_changed, digit_changed, number_mangled,
    key_renamed, key_taken_over, pair_doubled, pair_deleted, record_moved, record_deleted,
    record_doubled, rewritten,
)  # fmt: skip


# ---- JSON: what a change may touch -------------------------------------------------------------

Leaves = tuple[tuple[str, str], ...]


def placed(mutant: Mutant) -> Mutant:
    """Return the mutant with what its change may touch, as a strict parser sees it."""
    match mutant.sample.family:
        case "json":
            return _placed_in_json(mutant)
        case "edi":
            return _placed_in_edi(mutant)
    return mutant


def _placed_in_json(mutant: Mutant) -> Mutant:
    sample = mutant.sample
    old, new = _records(sample, sample.content), _records(sample, mutant.content)
    if new is None:
        return replace(mutant, is_whole=False)
    assert old is not None
    rows = _rows_of_records(sample, old)
    lost = list((Counter(old) - Counter(new)).elements())
    found = list((Counter(new) - Counter(old)).elements())
    may: dict[int, frozenset[str]] = {}
    again: set[int] = set()
    gone: set[int] = set()
    for leaves in lost:
        numbers = [row for at, each in enumerate(old) if each == leaves for row in rows[at]]
        for other in found:
            mine, theirs = Counter(leaves), Counter(other)
            paths = {path for path, _ in (mine - theirs) + (theirs - mine)}
            names = _columns(sample, paths)
            if f"{sample.export.each}.id" in paths:  # it names parent and kind of a child
                names |= _columns(sample, {sample.export.each or ""})
            for row in numbers:
                may[row] = may.get(row, NOTHING) | names
            if sum(theirs.values()) < sum(mine.values()):
                gone |= set(numbers)
        if len(found) < len(lost):
            gone |= set(numbers)
    for leaves in found:
        again |= {row for at, each in enumerate(old) if each == leaves for row in rows[at]}
    for at, leaves in enumerate(old):
        items = [leaf for leaf in leaves if leaf[0].startswith(f"{sample.export.each}.")]
        if sample.export.each and any(Counter(items)[i] > 1 for i in items):
            again |= set(rows[at])
    return replace(mutant, may=may, gone=frozenset(gone), again=frozenset(again))


def _records(sample: Sample, content: bytes) -> list[Leaves] | None:
    """Return the leaves of every record, children put to their parents; None where it is no JSON."""
    try:
        text = content.decode(
            "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        )
    except UnicodeDecodeError:
        return None
    if sample.path.suffix == ".jsonl":
        return _records_of_lines(sample, text)
    try:
        document = _strict(text)
    except (ValueError, RecursionError):
        return None
    for key in sample.export.records or ("",):
        value = (
            document
            if not key
            else dict(document).get(key)
            if isinstance(document, _Pairs)
            else None
        )
        value = [value] if isinstance(value, _Pairs) else value
        if isinstance(value, list) and all(isinstance(item, _Pairs) for item in value):
            return [tuple(_leaves(item)) for item in value]
    return []


def _records_of_lines(sample: Sample, text: str) -> list[Leaves]:
    parents: dict[str, list[tuple[str, str]]] = {}
    for line in text.split("\n"):
        try:
            record = _strict(line)
        except (ValueError, RecursionError):
            continue
        if not isinstance(record, _Pairs):
            continue
        fields = dict(record)
        parent = fields.get("__parentId")
        if parent is None:
            parents.setdefault(str(fields.get("id")) + str(len(parents)), []).extend(
                _leaves(record)
            )
        else:
            for name in reversed(parents):
                if name.startswith(str(parent)):
                    parents[name] += _leaves(record, f"{sample.export.each}.")
                    break
    return [tuple(leaves) for leaves in parents.values()]


class _Pairs(list[tuple[str, Any]]):
    """An object with all its pairs, doubled ones too."""


def _strict(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_Pairs, parse_float=str, parse_int=str)


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, _Pairs):
        if not value:
            yield path, "{}"
        for key, inner in value:
            yield from _leaves(inner, f"{path.rstrip('.')}.{key}" if path else key)
    elif isinstance(value, list):
        if not value:
            yield path, "[]"
        for inner in value:
            yield from _leaves(inner, path)
    else:
        yield path, str(value)


def _rows_of_records(sample: Sample, records: Sequence[Leaves]) -> list[Sequence[int]]:
    """Return the rows of each record, as they are numbered."""
    if not sample.export.each:
        if sample.path.suffix != ".jsonl":
            return [sample.rows_of.get(at, ()) for at in range(1, len(records) + 1)]
        return [rows for _, rows in sorted(sample.rows_of.items())]
    everything = range(len(sample.seen.rows))
    found: list[Sequence[int]] = []
    for leaves in records:
        mine = set(leaves)
        found.append([row for row in everything if _fits(sample, row, mine)])
    return found


def _fits(sample: Sample, row: int, leaves: set[tuple[str, str]]) -> bool:
    """Return whether every cell of the row is a leaf of the record."""
    texts = {text.strip() for _, text in leaves}
    cells = zip(sample.export.columns.values(), sample.seen.rows[row], strict=True)
    return all(
        text is None or text in texts or text.lower() in ("true", "false") or text[:1] in "[{"
        for _, text in cells
    )


def _columns(sample: Sample, paths: set[str]) -> frozenset[str]:
    """Return our columns whose value is at one of the paths, or in it."""
    names = {plain(path) for path in paths}
    return frozenset(
        ours
        for ours, column in sample.export.columns.items()
        if any(
            plain(alias) == name
            or name.startswith(f"{plain(alias)}.")
            or plain(alias).startswith(f"{name}.")
            for alias in column.theirs
            for name in names
        )
    )


# ---- EDI ---------------------------------------------------------------------------------------


def _separators(content: bytes) -> tuple[bytes, bytes]:
    at = content.index(b"ISA")
    return content[at + 3 : at + 4], content[at + 105 : at + 106]


def _segments(content: bytes, separator: bytes, terminator: bytes) -> list[tuple[bytes, ...]]:
    parts = (part.strip() for part in content.split(terminator))
    return [tuple(e.strip() for e in part.split(separator)) for part in parts if part]


def _edi_separator(kind: str, place: int, *, removed: bool) -> Kind:
    def make(sample: Sample, random: Random) -> Mutant:
        character = _separators(sample.content)[place]
        if not removed:
            at = random.randrange(len(sample.content) + 1)
            return _put(sample, kind, at, at, character)
        at = random.choice([m.start() for m in re.finditer(re.escape(character), sample.content)])
        return _put(sample, kind, at, at + 1, b"")

    return make


def element_changed(sample: Sample, random: Random) -> Mutant:
    separator, terminator = _separators(sample.content)
    element = re.compile(
        rb"(?<=" + re.escape(separator) + rb")[^" + re.escape(separator + terminator) + rb"\r\n]*"
    )
    places = [m.span() for m in element.finditer(sample.content)]
    (start, end), other = random.choice(places), random.choice(places)
    new = random.choice((b"", b"0", b"-1", b"1,5", b"x", sample.content[slice(*other)]))
    return _put(sample, "element changed", start, end, new)


def edi_digit_changed(sample: Sample, random: Random) -> Mutant:
    at = random.choice(
        [at for at, character in enumerate(sample.content) if chr(character).isdigit()]
    )
    return _put(sample, "digit changed", at, at + 1, bytes([random.choice(b"0123456789")]))


def _edi_lines(kind: str) -> Kind:
    def make(sample: Sample, random: Random) -> Mutant:
        _, terminator = _separators(sample.content)
        parts = sample.content.split(terminator)
        one, two = sorted(random.sample(range(len(parts) - 1), 2))
        if kind == "segment deleted":
            del parts[one]
        elif kind == "segment doubled":
            parts.insert(one, parts[one])
        else:
            parts[one], parts[two] = parts[two], parts[one]
        return Mutant(sample, kind, terminator.join(parts))

    return make


EDI: tuple[Kind, ...] = (
    _edi_separator("delimiter inserted", 0, removed=False),
    _edi_separator("delimiter removed", 0, removed=True),
    _edi_separator("newline inserted", 1, removed=False),
    _edi_separator("newline removed", 1, removed=True),
    element_changed,
    edi_digit_changed,
    *map(_edi_lines, ("segment deleted", "segment doubled", "segments swapped")),
)


def _placed_in_edi(mutant: Mutant) -> Mutant:
    sample = mutant.sample
    separators = _separators(sample.content)
    old, new = (_segments(content, *separators) for content in (sample.content, mutant.content))
    before, after = (Counter(segment[0] for segment in segments) for segments in (old, new))
    names = {
        s[0].decode("latin-1")
        for s in (*(Counter(old) - Counter(new)), *(Counter(new) - Counter(old)))
    }
    moved = {a[0].decode("latin-1") for a, b in zip(old, new, strict=False) if a != b}
    touched = frozenset(
        ours
        for ours, column in sample.export.columns.items()
        if any(alias.startswith(name) for alias in column.theirs for name in names | moved if name)
    )
    rows = range(len(sample.seen.rows))
    # What a level holds, and what belongs to an item, is known by the order of segments.
    if "HL" in names | moved or mutant.kind == "segments swapped" or mutant.at_seams:
        touched = frozenset(sample.columns)
    otherwise = before != after or mutant.kind == "segments swapped"
    return replace(mutant, may=dict.fromkeys(rows, touched), renames=otherwise)
