"""A table is commented as it is made: itself in one sentence, its columns from config/columns.yaml."""

from collections.abc import Iterable

from duckdb import DuckDBPyConnection

from config.column import column_comments
from config.errors import FatalError
from tasks.rules.sql_text import literal


def describe(con: DuckDBPyConnection, table: str, summary: str, columns: Iterable[str]) -> None:
    """Comment `table` and those of its columns that no statement of its own comments.

    Raises:
        FatalError: columns that config/columns.yaml does not describe.
    """
    common, names = column_comments(), list(columns)
    if bare := [f"column {name}" for name in names if name not in common]:
        raise FatalError(
            f"{table} leaves a reader guessing: no comment on {', '.join(bare)}. Describe it"
            " (what, unit, source) in config/columns.yaml."
        )
    statements = [f"comment on table {table} is {literal(summary)}"]
    statements += [f"comment on column {table}.{name} is {literal(common[name])}" for name in names]
    con.execute(";".join(statements))
