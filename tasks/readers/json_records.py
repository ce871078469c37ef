"""JSON documents and JSON lines as rows: records flattened to dotted names, numbers as written.

`{"id": 7, "summary": {"fee": "1.20"}}` has the cells `id` and `summary.fee`. With `each`, a record
gives one row per item of that list, the record's own cells repeated; a record whose list is empty
gives one row without them. A Shopify bulk file keeps children beside their parents: they are put
back under the parent by their kind (`LineItem`).
"""

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from tasks.readers.grid import RAW_SIGNS, Cells, Grid
from tasks.readers.peek import Refused, byte_order_mark
from tasks.readers.reading import DamagedRow

MOST_BYTES = 1 << 29  # of one document: it is held in memory
DEEPEST = 60  # levels; real exports have five
LINES_FROM = 2  # records on lines of their own
PARENT = "__parentId"
KIND = re.compile(r"gid://\w+/(\w+)/")


class _Object(dict[str, Any]):
    """A JSON object that remembers a key it was given twice: which value holds is uncertain."""

    doubled: str | None = None


def grid(path: Path, records: Sequence[str], each: str | None) -> Grid | None:
    """Return the records of the file at `path` as a grid; None where none lie under those keys.

    Its first row, line 0, is the header; the others are numbered by record, in JSON lines by line,
    with `each` by item.

    Raises:
        Refused: the file is no JSON, or too large to be held.
    """
    stat = path.stat()
    document, damaged = _document(str(path), stat.st_size, stat.st_mtime_ns)
    found = list(_records(document, records or ("",)))
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
        if fault := _fault(record):
            told = _compact(record)[:RAW_SIGNS]
            faulty.append(DamagedRow(next(ordinals) if each else number, *fault, told))
        else:
            rows += [(next(ordinals) if each else number, row) for row in _rows(record, each)]
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
def _document(name: str, size: int, _changed: int) -> tuple[Any, tuple[DamagedRow, ...]]:
    path = Path(name)
    if size > MOST_BYTES:
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
            f"{path.name} is not whole JSON{place}: its download was cut short or it was altered."
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
        parse_constant=str,
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
            damaged.append(DamagedRow(number, "broken_json", "no JSON object", line[:RAW_SIGNS]))
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
    """Return the records with children that stand beside them put into them."""
    by_id = {record.get("id"): record for _, record in records if record.get("id")}
    top = _Lines()
    for number, record in records:
        parent = record.get(PARENT)
        if parent is None:
            top.append((number, record))
        elif (above := by_id.get(parent)) is not None and above is not record:
            kind = KIND.match(str(record.get("id") or ""))
            above.setdefault(kind[1] if kind else "children", []).append(record)
        else:
            damaged.append(
                DamagedRow(number, "orphan_record", "its parent is missing", _compact(record))
            )
    return top, tuple(damaged)


def _records(document: Any, keys: Sequence[str]) -> Iterator[tuple[int, _Object]]:
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
            yield from enumerate(value, start=1)
            return


def _fault(value: Any, depth: int = 0) -> tuple[str, str] | None:
    """Return why a record is uncertain, or None."""
    if depth > DEEPEST:
        return "too_deep", f"more than {DEEPEST} levels"
    if isinstance(value, _Object):
        if value.doubled is not None:
            return "doubled_key", f"the key {value.doubled!r} stands twice"
        inner: Sequence[Any] = list(value.values())
    else:
        inner = value if isinstance(value, list) else ()
    return next((fault for item in inner if (fault := _fault(item, depth + 1))), None)


def _rows(record: _Object, each: str | None) -> Iterator[Mapping[str, str | None]]:
    items = record.get(each) if each else None
    own = _flat({key: value for key, value in record.items() if not each or key != each})
    if not isinstance(items, list) or not items:
        yield own
        return
    for item in items:
        yield own | _flat(item if isinstance(item, _Object) else {"": item}, f"{each}.")


def _flat(record: Mapping[str, Any], before: str = "") -> dict[str, str | None]:
    """Return the cells of a record: objects opened, lists kept as JSON."""
    cells: dict[str, str | None] = {}
    for key, value in record.items():
        name = f"{before}{key}"
        if isinstance(value, dict):
            cells |= _flat(value, f"{name}.")
        elif isinstance(value, list):
            cells[name] = _compact(value) if value else None
        elif value is None:
            cells[name] = None
        else:
            cells[name] = str(value).lower() if isinstance(value, bool) else str(value)
    return cells


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
