"""The SQL of what an export derives of its rows, and of which row of a key is repeated."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from config.export import Export
from tasks.intake.report import Report

# What the gate knows of a row before anything is derived of it.
OF_ROW = ("line_no", "file_id", "exported_at", "row_kind", "misread", "blank", "cards")


@dataclass(frozen=True)
class Steps:
    """Common table expressions, each with a comma before it, and the source of the rows they end in."""

    expressions: str
    last: str


def derived(report: Report, source: str, *, is_unpivoted: bool) -> Steps:
    """Return the steps from the rows of `source` to rows with `derive`, and with their `key_repeat`.

    A window holds all rows that it looks at, so the windows get what they need and no more; what
    they find is joined to the rows as these stream by.
    """
    export = report.export
    repeat = f"{_key_repeat(export)} as key_repeat"
    held = _held(export)
    if is_unpivoted or not (held or export.unique):
        steps = _levels(report, export.derive, source)
        return Steps(steps.expressions, f"(select *, {repeat} from {steps.last})")
    needed = {"line_no", *export.unique}.union(*map(words, [*held.values(), repeat]))
    given = [*OF_ROW, *export.columns, *export.file_level]
    narrow = ", ".join(name for name in given if name in needed)
    windows = _levels(report, held, "narrow")
    found = ", ".join(["line_no", *held, repeat])
    rest = {name: sql for name, sql in export.derive.items() if name not in held}
    streamed = _levels(report, rest, "joined")
    return Steps(
        f", narrow as (select {narrow} from {source}){windows.expressions},"
        f" joined as not materialized (select * from {source} inner join"
        f" (select {found} from {windows.last}) using (line_no)){streamed.expressions}",
        streamed.last,
    )


def words(sql: str) -> set[str]:
    """Return the names that a piece of SQL may speak of."""
    return set(re.findall(r"\w+", sql))


def _key_repeat(export: Export) -> str:
    """Return the SQL that counts rows of one key: 1 is kept, the last that can be read."""
    if not export.unique:
        return "1"
    keys = ", ".join(export.unique)
    return (
        f"row_number() over (partition by file_id, row_kind, {keys}"
        " order by misread + blank > 0, line_no desc)"
    )


def _held(export: Export) -> dict[str, str]:
    """Return the part of `derive` that windows, and the key, are made of."""
    derive = export.derive
    held = {name for name, sql in derive.items() if "over" in words(sql)}
    held |= derive.keys() & set(export.unique)
    while more := set().union(*(words(derive[name]) for name in held)) & derive.keys() - held:
        held |= more
    return {name: sql for name, sql in derive.items() if name in held}


def _levels(report: Report, derive: Mapping[str, str], source: str) -> Steps:
    """Return the steps that add `derive` to the rows of `source`.

    What names another derived column is one level above it: a window may look at a window.
    """
    level_of: dict[str, int] = {}
    for name, sql in derive.items():
        level_of[name] = 1 + max(
            (level_of[word] for word in words(sql) & level_of.keys()), default=0
        )
    expressions, last = "", source
    for level in range(1, max(level_of.values(), default=0) + 1):
        columns = ", ".join(
            f"{report.filled(derive[name])} as {name}"
            for name, its_level in level_of.items()
            if its_level == level
        )
        expressions += f", {source}_{level} as (select *, {columns} from {last})"
        last = f"{source}_{level}"
    return Steps(expressions, last)
