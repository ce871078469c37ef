"""The night in words: for the terminal, for the run's page, and as the page's tables."""

import textwrap
from collections.abc import Mapping, Sequence

from tasks.run.wording import cut, markdown, plain
from tasks.tell.sections.section import Table, join
from tasks.tell.summary_figures import Summary
from tasks.tell.summary_read import read_summary
from tasks.tell.summary_sections import as_of, headline, sections
from tasks.tell.summary_tables import (
    channel_payouts_table,
    failing_expectations_table,
    payout_worklist_table,
    reconciliation_table,
    reorder_table,
    stock_table,
)

__all__ = [
    "Summary",
    "as_markdown",
    "as_text",
    "channel_payouts_table",
    "failing_expectations_table",
    "payout_worklist_table",
    "read_summary",
    "reconciliation_table",
    "reorder_table",
    "stock_table",
]

WIDTH = 80
NEXT = "Open the dashboard; decide in the forms of the UI, which `make up` starts (`backroom up`)."
FROM_DEMO = (
    "Your own shop: copy config/shops/demo.yaml to config/shops/NAME.yaml, drop its exports into"
    " data/NAME/inbox, run `backroom nightly --shop NAME`. `backroom doctor` says what to fix."
)
INDENT, GAP = "  ", "  "
CELL = 36  # the widest a column may be, but for the last
LAST = 12  # the narrowest that the last may be, if it has so much to say
BOLD, DIM, RED, YELLOW, GREEN = "1", "2", "31", "33", "32"
TINTS = {
    "critical": RED,
    "warning": YELLOW,
    "off target": YELLOW,
    "ok": GREEN,
    "too few": DIM,
    "no data": DIM,
    "reconciled": GREEN,
}


def as_text(summary: Summary, places: Mapping[str, str], color: bool) -> str:
    """Return the summary for a terminal of 80 columns; `places` says where the results are.

    A place that is longer than the line is not cut: a person copies it.
    """
    left, right = headline(summary), as_of(summary)
    lines = [_paint(left, BOLD, color) + right.rjust(WIDTH - len(left)), "─" * WIDTH]
    for section in sections(summary):
        lines += ["", _paint(section.title, BOLD, color)]
        for part in section.parts:
            lines += _aligned(part, color) if isinstance(part, Table) else _wrapped(part)
    if places:
        lines += ["", _paint("Where to find it", BOLD, color)]
        wide = max(map(len, places))
        lines += [
            f"{INDENT}{plain(name):<{wide}}{GAP}{plain(place)}" for name, place in places.items()
        ]
        lines += ["", _paint("What to do next", BOLD, color)]
        then = (NEXT, FROM_DEMO) if summary.shop == "demo" else (NEXT,)
        lines += [line for sentence in then for line in _wrapped(sentence)]
    return join(lines)


def _wrapped(sentence: str) -> list[str]:
    return textwrap.wrap(
        plain(sentence),
        WIDTH,
        initial_indent=INDENT,
        subsequent_indent=INDENT,
        break_on_hyphens=False,
    )


def _aligned(table: Table, color: bool) -> list[str]:
    """Return a table's lines; a last column that is too long goes on below itself."""
    *firsts, last = range(len(table.head))
    rows = [
        [plain(cell) if at == last else cut(cell, CELL) for at, cell in enumerate(row)]
        for row in table.rows
    ]
    grid = [list(table.head), *rows]
    widths = [max(len(row[at]) for row in grid) for at in firsts]
    indent = INDENT * 2
    room = WIDTH - len(indent) - sum(widths) - len(GAP) * len(firsts)
    least = min(LAST, max(len(row[last]) for row in grid))
    while room < least and max(widths, default=0) > 1:  # the widest gives way
        widths[widths.index(max(widths))] -= 1
        room += 1
    grid = [
        [*(cut(cell, wide) for cell, wide in zip(row, widths, strict=False)), row[last]]
        for row in grid
    ]
    widths.append(min(max(len(row[last]) for row in grid), room))
    lines = []
    for row in grid:
        first, *more = textwrap.wrap(row[last], widths[last], break_on_hyphens=False) or [""]
        cells = [
            cell.rjust(wide) if side == "r" else cell.ljust(wide)
            for cell, wide, side in zip([*row[:last], first], widths, table.align, strict=True)
        ]
        if row is grid[0]:
            lines.append(_paint(indent + GAP.join(cells).rstrip(), DIM, color))
            continue
        cells[0] = _paint(cells[0], TINTS.get(row[0], ""), color)
        lines.append(indent + GAP.join(cells).rstrip())
        lines += [" " * (WIDTH - room) + line for line in more]
    return lines


def _paint(text: str, tint: str, color: bool) -> str:
    return f"\x1b[{tint}m{text}\x1b[0m" if color and tint else text


def as_markdown(summary: Summary) -> str:
    """Return the summary for the run's page in Prefect's UI, every cell escaped."""
    lines = [f"# {markdown(headline(summary))}", "", f"Figures {markdown(as_of(summary))}.", ""]
    for section in sections(summary):
        lines += [f"## {section.title}", ""]
        for part in section.parts:
            lines += [*_grid(part), ""] if isinstance(part, Table) else [markdown(part), ""]
    return join(lines)


def _grid(table: Table) -> list[str]:
    rules = ["---:" if side == "r" else "---" for side in table.align]
    return [
        _row(table.head),
        _row(rules),
        *(_row([markdown(cell) for cell in row]) for row in table.rows),
    ]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
