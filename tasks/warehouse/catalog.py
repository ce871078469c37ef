"""What a DuckDB file holds: its tables, their columns and comments, and what rows are alike."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import duckdb
from duckdb import DuckDBPyConnection

from tasks.rules.sql_text import literal, quoted

# What made a content hash: another DuckDB hashes otherwise, and so do we when `hash_of_rows` changes (then count up).
HASHED_BY = f"{duckdb.__version__}/1"


@dataclass(frozen=True)
class Column:
    """A column as DuckDB describes it."""

    name: str
    type: str


@dataclass(frozen=True)
class Comments:
    """What a table's comments say: its own, and those of its columns in their order."""

    table: str | None
    columns: Mapping[str, str | None]


def content_hash(con: DuckDBPyConnection, table: str, ignoring: Collection[str] = ()) -> str:
    """Return a hash of the rows of `table`, whatever their order, and of its columns' names.

    Types and columns' order count, comments do not. Comparable within one version of DuckDB.
    """
    columns = [column for column in columns_of(con, table) if column.name not in ignoring]
    [(rows, total)] = con.execute(
        f"select count(*), {hash_of_rows(columns)} from {table}"
    ).fetchall()
    return content_digest(columns, rows, total)


def content_hashes(
    con: DuckDBPyConnection, schemas: Collection[str], without: Collection[str] = ()
) -> dict[str, str]:
    """Return the `content_hash` of each table and view of `schemas`, named schema.name, but of those in `without`.

    In two queries, however many there are.
    """
    described = con.execute(
        "select schema_name || '.' || table_name as name, column_name, data_type from duckdb_columns()"
        " where database_name = current_database() and list_contains(?, schema_name)"
        " and not list_contains(?, name) order by name, column_index",
        [list(schemas), list(without)],
    ).fetchall()
    columns: dict[str, list[Column]] = {}
    for table, name, kind in described:
        columns.setdefault(table, []).append(Column(name, kind))
    each = (
        f"select {literal(table)}, count(*), {hash_of_rows(of_it)} from {table}"
        for table, of_it in columns.items()
    )
    found = con.execute(" union all ".join(each)).fetchall() if columns else []
    return {table: content_digest(columns[table], rows, total) for table, rows, total in found}


def hash_of_rows(columns: Iterable[Column]) -> str:
    """Return the SQL aggregate that stands for the values of all rows, whatever their order."""
    # A sum, not an exclusive or: two equal rows must not cancel each other out.
    return f"sum({hash_of_row(columns)})"


def hash_of_row(columns: Iterable[Column]) -> str:
    """Return the SQL that stands for the values of a row."""
    # DuckDB hashes an empty list like null, and two lists like what they hold in a row: as texts they differ.
    values = (
        f"cast({quoted(column.name)} as varchar)" if _is_nested(column) else quoted(column.name)
        for column in columns
    )
    return f"hash({', '.join(values)})"


def _is_nested(column: Column) -> bool:
    """Return whether its values hold several."""
    return column.type.endswith("]") or (
        "(" in column.type and not column.type.startswith("DECIMAL")
    )


def content_digest(columns: Iterable[Column], rows: int, total: int | None) -> str:
    """Return the content hash of a table of `columns`: its number of rows, and their `hash_of_rows`."""
    names = (f"{column.name} {column.type}" for column in columns)
    return f"{HASHED_BY}:{digest(*names, repr((rows, total)))}"


def noted_contents(con: DuckDBPyConnection) -> dict[str, str]:
    """Return the `content_hash` of each table that was built, as it was noted when it was.

    Not of those that were hashed by another version.
    """
    if not con.execute(
        "select 1 from duckdb_tables() where schema_name = 'meta' and table_name = 'built'"
    ).fetchall():
        return {}
    return dict(
        con.execute(
            f"select name, content from meta.built where starts_with(content, {literal(f'{HASHED_BY}:')})"
        ).fetchall()
    )


def tables_of(con: DuckDBPyConnection) -> set[str]:
    """Return every table and view of the database, as schema.name."""
    found = con.execute(
        "select schema_name || '.' || table_name from duckdb_tables()"
        " where database_name = current_database()"
        " union all select schema_name || '.' || view_name from duckdb_views()"
        " where database_name = current_database() and not internal"
    ).fetchall()
    return {name for (name,) in found}


def columns_of(con: DuckDBPyConnection, table: str) -> tuple[Column, ...]:
    """Return the columns of `table` (schema.name, a view too), which must be there.

    Described, not looked up in `duckdb_columns()`: that lists every column of the database first.
    """
    return tuple(
        Column(name, kind) for name, kind, *_ in con.execute(f"describe {table}").fetchall()
    )


def comments_of(con: DuckDBPyConnection, schema: str) -> dict[str, Comments]:
    """Return the comments of every table of `schema`, in two queries however many there are."""
    columns: dict[str, dict[str, str | None]] = {}
    for table, column, comment in con.execute(
        "select table_name, column_name, comment from duckdb_columns()"
        " where database_name = current_database() and schema_name = ?"
        " order by table_name, column_index",
        [schema],
    ).fetchall():
        columns.setdefault(table, {})[column] = comment
    tables = con.execute(
        "select table_name, comment from duckdb_tables()"
        " where database_name = current_database() and schema_name = ?",
        [schema],
    ).fetchall()
    return {table: Comments(comment, columns.get(table, {})) for table, comment in tables}


def digest(*texts: str) -> str:
    """Return the SHA-256 of texts, in hexadecimal."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()
