"""Tables that a phone shows as cards and a screen reader reads by name: each cell knows its column; long ones fold."""

import re
from collections.abc import Iterator

_TABLE = re.compile(r"<table( class=\"whole\")?>.*?</table>", re.DOTALL)
_HEAD = re.compile(r"<thead>(.*?)</thead>", re.DOTALL)
_ROW = re.compile(r"<tr>.*?</tr>", re.DOTALL)
_HEADER_CELL = re.compile(r"<th\b([^>]*)>(.*?)</th>", re.DOTALL)
_CELL = re.compile(r"<td\b([^>]*)>")
_TAG = re.compile(r"<[^>]*>")
_BODY = re.compile(r"<tbody>(.*?)</tbody>", re.DOTALL)
ROWS_OPEN = 10  # of a table; the rest is behind a click


def labelled(html: str) -> str:
    """Return a page of ours whose header cells have their scope, and whose cells name their column.

    Rows beyond the first `ROWS_OPEN` of a table fold, but not of one that only makes sense whole. Text in a page
    is escaped, so that every `<` is one of our own templates'.
    """
    return _TABLE.sub(
        lambda table: _labelled(table[0]) if table[1] else _folded(_labelled(table[0])), html
    )


def _folded(table: str) -> str:
    """Return a table with its first rows, and one behind a click with the others."""
    body = _BODY.search(table)
    rows = [row[0] for row in _ROW.finditer(body[1])] if body else []
    if body is None or len(rows) <= ROWS_OPEN:
        return table
    first, rest = (
        table[: body.start(1)] + "\n".join(some) + table[body.end(1) :]
        for some in (rows[:ROWS_OPEN], rows[ROWS_OPEN:])
    )
    more = len(rows) - ROWS_OPEN
    return f'{first}<details class="more"><summary>{more} more</summary>{rest}</details>'


def _labelled(table: str) -> str:
    head = _HEAD.search(table)
    if head is None:
        return table
    names = [_TAG.sub("", cell[2]).strip() for cell in _HEADER_CELL.finditer(head[1])]
    scoped = _HEADER_CELL.sub(r'<th scope="col"\1>\2</th>', head[0])
    before, after = table[: head.start()], table[head.end() :]
    return before + scoped + _ROW.sub(lambda row: _row(row[0], names), after)


def _row(row: str, names: list[str]) -> str:
    columns: Iterator[str] = iter(names)
    return _CELL.sub(lambda cell: f'<td data-label="{next(columns, "")}"{cell[1]}>', row)
