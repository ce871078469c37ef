"""Build a table in part: for the orders of which an input has changed, and leave the other rows as they are.

A header says `-- by: channel, order_id`: of every input that has these columns, a row comes from rows with the same
values alone. The others are read whole, and a change of one builds the table whole.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from tasks.warehouse import changes
from tasks.warehouse.models import Model, code

KEYS = "temp.changed_keys"


@dataclass(frozen=True)
class Part:
    """What was built of a table: in which temporary table it is, and of how many keys."""

    table: str
    keys: int


@contextmanager
def built(
    con: DuckDBPyConnection, model: Model, was: Mapping[str, str], now: Mapping[str, str]
) -> Iterator[Part | None]:
    """Give the part of the table that has to be built again, built; None where that may be all of it.

    Args:
        con: The warehouse, in a transaction.
        model: The table.
        was: The contents of its inputs when it was built.
        now: Those of today.
    """
    inputs = keyed(con, model) if model.by and was.keys() == now.keys() else ()
    changed = [name for name in inputs if was[name] != now[name]]
    selects = [changes.since(con, name, model.by, (was[name], now[name])) for name in changed]
    known = [select for select in selects if select]
    if not known or len(known) < sum(was[name] != now[name] for name in now):
        yield None
        return
    con.execute(f"create or replace temp table changed_keys as {' union '.join(known)}")
    yield _build(con, model, inputs)
    con.execute(f"drop table if exists temp.{_in_temp(model.table)}; drop table {KEYS}")


def _build(con: DuckDBPyConnection, model: Model, inputs: Collection[str]) -> Part | None:
    """Build what has the changed keys; None where so much is whole, or has rows of others too."""
    [(keys, rows)] = con.execute(
        f"select (select count(*) from {KEYS}), (select count(*) from {model.table})"
    ).fetchall()
    if keys > rows * changes.SHARE:
        return None
    part = of_changed_keys(con, model, inputs)
    strangers = con.execute(
        f"select 1 from {part} as this anti join {KEYS} as those on {_alike(model.by)} limit 1"
    ).fetchall()
    return None if strangers else Part(part, keys)


def of_changed_keys(con: DuckDBPyConnection, model: Model, inputs: Collection[str]) -> str:
    """Build a temporary table of the rows that have the changed keys; return its name."""
    sql, part = in_part(model.sql, model.table, inputs)
    for name in inputs:
        con.execute(f"create or replace temp view {_in_temp(name)} as {of_keys(name, model.by)}")
    con.execute(sql)
    for name in inputs:
        con.execute(f"drop view temp.{_in_temp(name)}")
    return part


def replace(con: DuckDBPyConnection, model: Model, part: str) -> None:
    """Put the rows of `part` in the place of those of the table that have one of the changed keys."""
    con.execute(
        f"delete from {model.table} as this using {KEYS} as those where {_alike(model.by)};"
        f"insert into {model.table} by name from {part}"
    )


def in_part(sql: str, table: str, inputs: Collection[str]) -> tuple[str, str]:
    """Return the SQL that builds a temporary table from temporary views of `inputs`, and the table's name."""
    built = f"temp.{_in_temp(table)}"
    text = code(sql).replace(
        f"create or replace table {table} as", f"create or replace temp table {_in_temp(table)} as"
    )
    for name in inputs:
        alias = name.partition(".")[2]
        text = re.sub(rf"\b{re.escape(name)}\b(?=\s+as\b)", f"temp.{_in_temp(name)}", text)
        text = re.sub(rf"\b{re.escape(name)}\b", f"temp.{_in_temp(name)} as {alias}", text)
    return text, built


def of_keys(name: str, by: Collection[str]) -> str:
    """Return the select of the rows of the table that have one of the changed keys; no value is one too."""
    return f"select this.* from {name} as this semi join {KEYS} as those on {_alike(by)}"


def _alike(by: Collection[str]) -> str:
    return " and ".join(f"this.{column} is not distinct from those.{column}" for column in by)


def keyed(con: DuckDBPyConnection, model: Model) -> tuple[str, ...]:
    """Return the inputs that have the columns by which the table is built."""
    return tuple(name for name in model.inputs if changes.has_columns(con, name, model.by))


def _in_temp(name: str) -> str:
    return name.replace(".", "_")
