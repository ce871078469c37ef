"""Rows as dataclasses: written as a table of the warehouse, typed by their fields, and read by column name."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from inspect import getdoc
from operator import attrgetter
from typing import Any, TypeVar, get_args, get_type_hints

import duckdb
import pyarrow as pa

from tasks.warehouse.comments import describe

TYPES: dict[type, str] = {
    str: "varchar", int: "bigint", bool: "boolean", date: "date", datetime: "timestamptz",
    Decimal: "decimal(18, 6)", float: "double",
}  # fmt: skip


Row = TypeVar("Row")


def fetch(
    con: duckdb.DuckDBPyConnection, kind: type[Row], sql: str, given: Iterable[object] = ()
) -> tuple[Row, ...]:
    """Return the rows of a query as instances of `kind`, whose fields are its columns by name."""
    return tuple(kind(**row) for row in rows_of(con, sql, given))


def rows_of(
    con: duckdb.DuckDBPyConnection, sql: str, given: Iterable[object] = ()
) -> list[dict[str, Any]]:
    """Return the rows of a query, each as a mapping of its columns."""
    found = con.execute(sql, list(given))
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def write_rows(con: duckdb.DuckDBPyConnection, table: str, kind: type, rows: Sequence[Any]) -> None:
    """Create `table` from instances of the dataclass `kind`: a column per field, commented."""
    hints = get_type_hints(kind)
    columns = {field.name: sql_type(field.name, hints[field.name]) for field in fields(kind)}
    create(con, table, (getdoc(kind) or "").partition("\n")[0], columns)
    _append(con, table, list(zip(*map(attrgetter(*columns), rows), strict=True)))


def create(
    con: duckdb.DuckDBPyConnection, table: str, title: str, columns: Mapping[str, str]
) -> None:
    """Create `table` without rows, commented: a type of SQL per column."""
    listed = ", ".join(f"{name} {sql}" for name, sql in columns.items())
    con.execute(f"create or replace table {table} ({listed})")
    describe(con, table, title, columns)


def insert(con: duckdb.DuckDBPyConnection, table: str, rows: Iterable[Sequence[Any]]) -> None:
    """Append `rows` to `table`, cast to its columns' types."""
    _append(con, table, list(zip(*rows, strict=True)))


def settings_table(
    con: duckdb.DuckDBPyConnection, name: str, columns: str, rows: Iterable[Sequence[Any]]
) -> None:
    """Write the table `settings.<name>` from scratch; `columns` are their names and types as in SQL."""
    con.execute(f"create or replace table settings.{name} ({columns})")
    insert(con, f"settings.{name}", rows)


def _append(con: duckdb.DuckDBPyConnection, table: str, columns: Sequence[Sequence[Any]]) -> None:
    """Append the rows of `columns` to `table`: one Arrow batch, not row by row."""
    if not columns or not columns[0]:
        return
    names = [f"c{place}" for place in range(len(columns))]
    arrays = [_array(values) for values in columns]
    con.register("rows_to_insert", pa.table(dict(zip(names, arrays, strict=True))))
    con.execute(f"insert into {table} select {', '.join(names)} from rows_to_insert")
    con.unregister("rows_to_insert")


def _array(values: Sequence[Any]) -> pa.Array:
    """Return the values of one column; decimals of many scales and members of an enum travel as text."""
    if any(issubclass(kind, Decimal | StrEnum) for kind in set(map(type, values))):
        return pa.array([None if value is None else str(value) for value in values])
    return pa.array(values)


def sql_type(name: str, hint: Any) -> str:
    """Return the type of a column that is stored, by the type of its field; None is null."""
    options = [option for option in get_args(hint) if option is not type(None)] or [hint]
    kind = options[0]
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return "varchar"
    return "decimal(18, 2)" if name.endswith("_amount") else TYPES[kind]
