"""Questions to the published marts: one select, which sees the marts and nothing else.

DuckDB's own settings close the rest of the machine off. They hold only in this order: what may
still be opened, then nothing else, then no setting changes any more.
"""

import csv
from collections.abc import Iterator
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
def asked(marts: Path, sql: str) -> Iterator[duckdb.DuckDBPyRelation]:
    """Give the answer of the marts to one `select`; `show tables` and `describe` are selects, too.

    Raises:
        UsageError: it is no select or several statements, it asks for anything but the marts, or
            it is not SQL.
    """
    with duckdb.connect(str(marts), read_only=True) as con:
        for setting in CLOSED:
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
