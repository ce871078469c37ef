"""Why a file is none of the declared exports: saved again by a program, a message, of an unknown kind."""

import re
from collections.abc import Collection, Sequence
from pathlib import Path

from config.export import Export
from tasks.reading import workbook
from tasks.reading.candidate import candidate_of
from tasks.reading.delimited import DELIMITERS
from tasks.reading.grid import trimmed
from tasks.reading.header import DEEPEST_HEADER, table_of
from tasks.reading.peek import HEAD_BYTES, Peek, RefusedAs, split_line


def refuse_saved_again(path: Path, seen: Peek, exports: Collection[Export], currency: str) -> None:
    """Say so where text was an export that comes with another character between its cells."""
    for export in exports:
        for delimiter in (
            {*DELIMITERS} - {*export.delimiters} if "delimited" in export.formats else ()
        ):
            for number, line in enumerate(seen.head[:DEEPEST_HEADER], start=1):
                if line.count(delimiter) < len(export.signature) - 1:
                    continue
                table = table_of(number, delimiter, tuple(split_line(line, delimiter, '"')))
                candidate = candidate_of(export, table, currency)
                if not (candidate.missing or candidate.disqualified or export.refuse):
                    raise RefusedAs(
                        export,
                        "saved_again",
                        f"{path.name} is {export.title} saved again with a {DELIMITERS[delimiter]} between its"
                        " cells; a program that does so changes ids, dates and amounts, too. Deliver it"
                        f" as it was downloaded ({export.where}).",
                    )


def refuse_spreadsheet(path: Path, exports: Collection[Export], currency: str) -> None:
    """Say so where a workbook was an export that comes as text: its cells may have been changed."""
    for sheet in workbook.sheets(path):
        for line, cells in sheet.rows[:DEEPEST_HEADER]:
            header = tuple(cell or "" for cell in trimmed(cells))
            table = table_of(line, "", header, sheet)
            for export in exports:
                if (
                    "workbook" not in export.formats
                    and not candidate_of(export, table, currency).missing
                ):
                    raise RefusedAs(
                        export,
                        "spreadsheet",
                        f"{path.name} is {export.title} saved as an Excel workbook, which changes"
                        f" ids, dates and amounts. Deliver it as it was downloaded ({export.where}).",
                    )


def is_message(seen: Peek) -> bool:
    """Return whether a file of few short lines has no columns, or speaks of an error."""
    if not seen.head or len(seen.head) > 3 or any(len(line) >= 500 for line in seen.head):
        return False
    if seen.kind != "text":
        return seen.kind == "json" and bool(
            re.search(r'"(error|errors|message)"\s*:', seen.head[0])
        )
    return not any(_parts_columns(seen.head, delimiter) for delimiter in "\t,;|")


def _parts_columns(lines: Sequence[str], delimiter: str) -> bool:
    """Return whether `delimiter` separates the lines into columns: often, or as often in each of them."""
    counts = {line.count(delimiter) for line in lines}
    is_even = len(lines) > 1 and len(counts) == 1
    return max(counts) > (0 if is_even or delimiter == "\t" else 1)


def why_unknown(seen: Peek) -> str:
    """Return why the file is no export that we know, without a word of what it holds."""
    if seen.kind in ("text", "workbook"):
        if not seen.head and seen.kind == "text":
            return f"text whose first line is longer than {HEAD_BYTES:,} bytes: no table"
        return "its header fits no declared export"
    return f"a {seen.kind} file that fits no declared export"
