"""What no model builds and only a load changes: hashed once a load, not at every build that reads it."""

import re
from collections.abc import Iterator, Mapping

from duckdb import DuckDBPyConnection

from tasks.warehouse.catalog import columns_of, content_hash, digest, tables_of

SCHEMAS = ("valid.", "settings.")
_COMMENT = re.compile(r"^(?:--|comment on ).*$", re.MULTILINE)

RUN = "settings.run"  # one row, of which the moment is another at each run: it is hashed by column


def forget(con: DuckDBPyConnection) -> None:
    """Say that they are being loaded: what was known of their content holds no longer."""
    con.execute("create schema if not exists meta")
    con.execute("create or replace table meta.given (name varchar, fingerprint varchar)")


def note(con: DuckDBPyConnection) -> None:
    """Keep a hash over all rows of each: a model that reads one is built again where it differs."""
    rows: list[tuple[str, str]] = []
    for name in sorted(name for name in tables_of(con) if name.startswith(SCHEMAS)):
        rows += _of_run(con) if name == RUN else [(name, content_hash(con, name))]
    con.executemany("insert into meta.given values (?, ?)", rows)


def contents(con: DuckDBPyConnection) -> Mapping[str, str]:
    """Return the hash that is kept of each; nothing where a load did not end."""
    if "meta.given" not in tables_of(con):
        return {}
    return dict(con.execute("select name, fingerprint from meta.given").fetchall())


def content_read(contents: Mapping[str, str], name: str, sql: str) -> str | None:
    """Return the hash of what `sql` reads of the table `name`: of the run, the columns that it names.

    None where nothing is kept of it.
    """
    prefix = f"{RUN}."
    columns = {key: kept for key, kept in contents.items() if key.startswith(prefix)}
    if name != RUN or not columns:
        return contents.get(name)
    return digest(
        *(kept for key, kept in sorted(columns.items()) if _is_read(key.removeprefix(prefix), sql))
    )


def is_named(column: str, sql: str) -> bool:
    """Return whether the word is in the SQL."""
    return re.search(rf"\b{column}\b", sql) is not None


def _is_read(column: str, sql: str) -> bool:
    """Return whether the SQL may read a column of that name: it does more than give the name to another."""
    return re.search(rf"(?<!\bas )\b{column}\b", _COMMENT.sub("", sql)) is not None


def _of_run(con: DuckDBPyConnection) -> Iterator[tuple[str, str]]:
    """Yield each column of the run, and a hash of what it says."""
    for column in columns_of(con, RUN):
        [(value,)] = con.execute(f"select cast({column.name} as varchar) from {RUN}").fetchall()
        yield f"{RUN}.{column.name}", digest(column.type, repr(value))
