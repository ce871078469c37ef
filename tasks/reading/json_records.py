"""JSON documents and JSON lines as rows: records flattened to dotted names, numbers as written.

`{"id": 7, "summary": {"fee": "1.20"}}` has the cells `id` and `summary.fee`. With `each`, a record
gives one row per item of that list, the record's own cells repeated; a record whose list is empty
gives one row without them. A Shopify bulk file keeps children next to their parents: they are put
back under the parent by their kind (`LineItem`).
"""

import hashlib
import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from tasks.reading.grid import RAW_CHARACTERS, Cells, Grid
from tasks.reading.peek import Refused, byte_order_mark
from tasks.reading.reading import DamagedRow

MOST_BYTES = 1 << 29  # of one document: it is held in memory
DEEPEST = 60  # levels; real exports have five
LINES_FROM = 2  # records on lines of their own
PARENT = "__parentId"
KIND = re.compile(r"gid://\w+/(\w+)/")


class _Unclear(Exception):  # noqa: N818, what a record is, not what went wrong
    """A record that has more than one meaning, or none."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


class _Object(dict[str, Any]):
    """A JSON object that remembers a key it was given twice: which value holds is uncertain."""

    doubled: str | None = None


def grid(path: Path, records: Sequence[str], each: str | None) -> Grid | None:
    """Return the records of the file at `path` as a grid; None where none are under those keys.

    Its first row, line 0, is the header; the others are numbered by record, in JSON lines by line,
    with `each` by item.

    Raises:
        Refused: the file is no JSON, or too large to be held.
    """
    with path.open("rb") as file:
        content = hashlib.file_digest(file, "blake2b").digest()
    document, damaged = _document(path, content)
    found = list(_records(path.name, document, records or ("",)))
    if not found:
        return None
    rows: list[tuple[int, Mapping[str, str | None]]] = []
    faulty = [] if each else list(damaged)
    # Rows of one record would share its number, so with `each` all is numbered in its order.
    ordinals = itertools.count(1)
    waiting = sorted(damaged, key=lambda row: row.line_no, reverse=True) if each else []
    for number, record in found:
        while waiting and waiting[-1].line_no < number:
            faulty.append(replace(waiting.pop(), line_no=next(ordinals)))
        try:
            items = _rows(record, each, may_lack=isinstance(document, _Lines))
        except _Unclear as unclear:
            line = next(ordinals) if each else number
            faulty.append(DamagedRow(line, unclear.reason, unclear.detail, _shown(record)))
        else:
            rows += [(next(ordinals) if each else number, row) for row in items]
    faulty += [replace(row, line_no=next(ordinals)) for row in reversed(waiting)]
    header = {
        name: place for place, name in enumerate(dict.fromkeys(n for _, r in rows for n in r))
    }
    lines = "JSON lines" if isinstance(document, _Lines) else "JSON"
    cells: list[tuple[int, Cells]] = [(0, tuple(header))]
    cells += ((line, tuple(row.get(name) for name in header)) for line, row in rows)
    return Grid("", lines, cells, tuple(faulty), path.name)


class _Lines(list[tuple[int, Any]]):
    """The records of JSON lines, each with its line."""


@lru_cache(maxsize=2)  # every export of this kind asks for the same document
def _document(path: Path, _content: bytes) -> tuple[Any, tuple[DamagedRow, ...]]:
    if path.stat().st_size > MOST_BYTES:
        raise Refused(
            "document_too_large",
            f"{path.name} is larger than {MOST_BYTES >> 20} MB, too large for one JSON document."
            " Export a shorter period, or as JSON lines.",
        )
    text = _text(path)
    try:
        return _parsed(text), ()
    except (ValueError, RecursionError) as error:
        if (lines := _as_lines(text)) is not None:
            return lines
        place = f" at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise Refused(
            "broken_json",
            f"{path.name} is not complete JSON{place}: its download was cut short or it was altered."
            " Download it again.",
        ) from error


def _text(path: Path) -> str:
    content = path.read_bytes()
    encoding, start = byte_order_mark(content[:4])
    try:
        return content[start:].decode((encoding or "utf-8").removesuffix("-sig"))
    except UnicodeDecodeError as error:
        raise Refused(
            "not_text",
            f"{path.name} holds bytes that are not {error.encoding} (at byte {error.start:,})."
            " JSON is UTF-8: download it again.",
        ) from error


def _parsed(text: str) -> Any:
    return json.loads(
        text,
        object_pairs_hook=_object,
        parse_float=str,
        parse_int=str,
        parse_constant=float,
    )


def _object(pairs: Sequence[tuple[str, Any]]) -> _Object:
    made = _Object(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        made.doubled = next(name for name in names if names.count(name) > 1)
    return made


def _as_lines(text: str) -> tuple[_Lines, tuple[DamagedRow, ...]] | None:
    """Return the records of JSON lines and the lines that are none; None where it is no such file."""
    records, damaged = _Lines(), []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = _parsed(line)
        except (ValueError, RecursionError):
            record = None
        if isinstance(record, _Object):
            records.append((number, record))
        else:
            damaged.append(
                DamagedRow(number, "broken_json", "no JSON object", line[:RAW_CHARACTERS])
            )
    if len(records) < max(LINES_FROM, len(damaged)):
        return None
    if damaged and damaged[-1].line_no == text.count("\n") + 1:
        raise Refused(
            "truncated_file",
            f"The last line ({damaged[-1].line_no}) ends in the middle of a record. The download was"
            " cut short: download it again.",
        )
    return _nested(records, damaged)


def _nested(records: _Lines, damaged: list[DamagedRow]) -> tuple[_Lines, tuple[DamagedRow, ...]]:
    """Return the records with children that are next to them put into them."""
    by_id: dict[str, _Object] = {}
    for _, record in records:
        if isinstance(record.get("id"), str):
            by_id.setdefault(record["id"], record)
    own = {id(record): set(record) for record in by_id.values()}  # keys that are no children
    has_children = any(record.get(PARENT) is not None for _, record in records)
    top = _Lines()
    for number, record in records:
        parent, name = record.get(PARENT), record.get("id")
        if has_children and isinstance(name, str) and by_id[name] is not record:
            damage = DamagedRow(number, "doubled_record", f"{name!r} comes twice", _shown(record))
            damaged.append(damage)
            continue
        if parent is None:
            top.append((number, record))
            continue
        kind = KIND.match(str(name))
        above = by_id.get(parent) if isinstance(parent, str) else None
        if kind is None:
            damage = DamagedRow(number, "unknown_child", "its id names no kind", _shown(record))
            damaged.append(damage)
        elif above is None or kind[1] in own[id(above)] or not _has_top(record, by_id):
            damage = DamagedRow(number, "orphan_record", "its parent is missing", _shown(record))
            damaged.append(damage)
        else:
            above.setdefault(kind[1], []).append(record)
    return top, tuple(damaged)


def _has_top(record: _Object, by_id: Mapping[str, _Object]) -> bool:
    """Return whether the record's parents lead to one that has none itself."""
    seen = {id(record)}
    while (parent := record.get(PARENT)) is not None:
        above = by_id.get(parent) if isinstance(parent, str) else None
        if above is None or id(above) in seen:
            return False
        seen.add(id(above))
        record = above
    return True


def _records(name: str, document: Any, keys: Sequence[str]) -> Iterator[tuple[int, _Object]]:
    if isinstance(document, _Lines):
        if "" in keys:
            yield from document
        return
    for key in keys:
        value = document.get(key) if key and isinstance(document, _Object) else None
        value = document if not key else value
        if isinstance(value, _Object):
            value = [value]
        if isinstance(value, list) and all(isinstance(item, _Object) for item in value):
            if key and document.doubled is not None:
                raise Refused(
                    "doubled_key",
                    f"{name} says {document.doubled!r} twice: which of the two is right is not"
                    " known. Download it again.",
                )
            yield from enumerate(value, start=1)
            return


def _check(value: Any, depth: int = 0) -> None:
    """Raise `_Unclear` where a value of the record is uncertain."""
    if depth > DEEPEST:
        raise _Unclear("too_deep", f"more than {DEEPEST} levels")
    if isinstance(value, float):  # other numbers are text
        raise _Unclear("not_json", f"{value} is no value of JSON")
    if isinstance(value, _Object) and value.doubled is not None:
        raise _Unclear("doubled_key", f"the key {value.doubled!r} comes twice")
    for item in value.values() if isinstance(value, dict) else ():
        _check(item, depth + 1)
    for item in value if isinstance(value, list) else ():
        _check(item, depth + 1)


def _rows(record: _Object, each: str | None, *, may_lack: bool) -> list[Mapping[str, str | None]]:
    """Return the rows of a record; in JSON lines one without children may lack the list of them.

    Raises:
        _Unclear: a value is uncertain, or two have one name.
    """
    _check(record)
    if each and each not in record and not may_lack:
        raise _Unclear("no_list", f"{each!r} is missing")
    items = record.get(each) if each else None
    if items is not None and not isinstance(items, list):
        raise _Unclear("no_list", f"{each!r} holds no list")
    own = list(_cells({key: value for key, value in record.items() if not each or key != each}))
    if not items:
        return [_row(own)]
    inner = (item if isinstance(item, _Object) else {"": item} for item in items)
    return [_row([*own, *_cells(item, f"{each}.")]) for item in inner]


def _row(cells: Sequence[tuple[str, str | None]]) -> Mapping[str, str | None]:
    row = dict(cells)
    if len(row) < len(cells):
        names = [name for name, _ in cells]
        name = next(name for name in names if names.count(name) > 1)
        raise _Unclear("doubled_key", f"two values are called {name!r}")
    return row


def _cells(record: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str | None]]:
    """Yield the cells of a record: objects opened, lists kept as JSON."""
    for key, value in record.items():
        name = f"{before}{key}"
        if isinstance(value, dict):
            yield from _cells(value, f"{name}.")
        elif isinstance(value, list):
            yield name, _compact(value)  # an empty one says that there is none: it is not missing
        elif value is None:
            yield name, None
        else:
            yield name, str(value).lower() if isinstance(value, bool) else str(value)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _shown(record: _Object) -> str:
    """Return the record for a person; what is too deep to be written is left out."""
    try:
        return json.dumps(record, separators=(",", ":"))[:RAW_CHARACTERS]
    except RecursionError:
        return ""
