"""Questions to the published marts: one select, which sees the marts and nothing else.

DuckDB's own settings close the rest of the machine off. They hold only in this order: what may
still be opened, then nothing else, then no setting changes any more.
"""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import duckdb

from config.errors import UsageError

CLOSED = (
    "set timezone = 'UTC'",
    "set autoinstall_known_extensions = false",
    "set autoload_known_extensions = false",
    "set python_enable_replacements = false",  # a table's name must not mean a variable of ours
    "set temp_directory = ''",
    "set allowed_directories = []",
    "set enable_external_access = false",
    "set lock_configuration = true",
)
HINT = 'The marts: backroom query "show tables"'


@contextmanager
def asked(
    marts: Path, sql: str, variables: Sequence[str] = ()
) -> Iterator[duckdb.DuckDBPyRelation]:
    """Give the answer of the marts to one `select`; `show tables` and `describe` are selects, too.

    `variables` are the statements that set what a ready question leaves open (`tasks.warehouse.questions`).

    Raises:
        UsageError: it is no select or several statements, it asks for anything but the marts, or
            it is not SQL.
    """
    with duckdb.connect(str(marts), read_only=True) as con:
        for setting in (*CLOSED, *variables):
            con.execute(setting)
        try:
            kinds = [statement.type for statement in con.extract_statements(sql)]
            if kinds != [duckdb.StatementType.SELECT]:
                raise UsageError(
                    "backroom query takes one select over the published marts and nothing else:"
                    " nothing is written, attached, installed or set, and no file is read."
                    " Open published/current/marts.duckdb in a program of your own for more."
                )
            yield con.sql(sql)
        except duckdb.Error as error:
            raise UsageError(f"{error}\n{HINT}") from error


def write_csv(answer: duckdb.DuckDBPyRelation, file: TextIO) -> None:
    """Write the answer as CSV: decimals with every digit, no value as an empty cell."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows(answer.fetchall())


ROWS_SHOWN = 40
GAP = "  "


def shown(answer: duckdb.DuckDBPyRelation, width: int) -> str:
    """Return the answer as text that cuts no value: a table if it fits `width`, else a line per value.

    At most forty rows; the last line says how many there are.
    """
    names = answer.columns
    rows = [
        ["" if v is None else str(v) for v in row] for row in answer.limit(ROWS_SHOWN).fetchall()
    ]
    columns = list(zip(names, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    if sum(widths) + len(GAP) * len(widths) <= width:
        lines = [aligned(row, widths) for row in ([*names], ["-" * w for w in widths], *rows)]
    else:
        longest = max(map(len, names))
        lines = [
            line
            for number, row in enumerate(rows, 1)
            for line in (
                f"row {number}",
                *(f"  {name:<{longest}}  {cell}" for name, cell in zip(names, row, strict=True)),
            )
        ]
    (count,) = answer.aggregate("count(*)").fetchall()[0]
    rest = f", {ROWS_SHOWN} shown; --csv gives all" if count > ROWS_SHOWN else ""
    return "\n".join([*lines, f"{count} {'row' if count == 1 else 'rows'}{rest}"])


def aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Return cells as one line, each as wide as its column."""
    padded = (f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True))
    return GAP.join(padded).rstrip()
