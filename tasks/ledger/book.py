"""What every page of the ledger shares: one transaction a change, and its line in the audit log."""

import importlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    Date,
    Engine,
    Integer,
    Table,
    delete,
    insert,
    select,
    text,
    type_coerce,
    update,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.types import NullType

from config.errors import FatalError, RetryableError
from tasks.ledger.tables import Amount, Moment, audit_log, metadata

MACHINE = "backroom"  # who made a change that no person made

Row = Mapping[str, Any]


@dataclass
class Change:
    """One transaction on the rows of one shop, by one person or the machine, at one moment."""

    connection: Connection
    shop: str
    at: datetime
    who: str
    notes: list[dict[str, Any]] = field(default_factory=list)

    def find(self, table: Table, *where: ColumnElement[bool]) -> list[Row]:
        """Return the shop's rows of `table` that satisfy `where`, in the order of their key."""
        return find(self.connection, table, self.shop, *where)

    def add(self, table: Table, rows: Sequence[Row]) -> None:
        """Insert `rows`, each under this shop."""
        if rows:
            self.connection.execute(insert(table), [{"shop": self.shop, **row} for row in rows])

    def set(self, table: Table, *where: ColumnElement[bool], **values: Any) -> None:
        """Write `values` into the shop's rows of `table` that satisfy `where`."""
        statement = update(table).where(table.c.shop == self.shop, *where)
        self.connection.execute(statement.values(**values))

    def remove(self, table: Table, *where: ColumnElement[bool]) -> None:
        """Delete the shop's rows of `table` that satisfy `where`."""
        self.connection.execute(delete(table).where(table.c.shop == self.shop, *where))

    def note(
        self, what: str, subject: str, *, before: Row | None, after: Row | None, why: str
    ) -> None:
        """Add a line to the audit log; it is written with the change or not at all."""
        line = {"at": self.at, "who": self.who, "what": what, "subject": subject, "why": why}
        self.notes.append({**line, "before": as_json(before), "after": as_json(after)})


class Book:
    """The rows of one shop in an open ledger: its transactions, and reading it as it is."""

    def __init__(self, engine: Engine, shop: str) -> None:
        self.engine = engine
        self.shop = shop
        self._writers = engine.execution_options(begin="begin immediate")

    @contextmanager
    def change(self, at: datetime, who: str = MACHINE) -> Iterator[Change]:
        """Open one transaction; all of it is kept, its audit lines too, or nothing.

        Changes of a shop follow one another, whoever makes them (SQLite: its one writer;
        PostgreSQL: an advisory lock), so a method may read and then write without a race.

        Raises:
            FatalError: `who` is empty.
            RetryableError: the database is away, or another writer has not finished.
        """
        name = stated(who, "A change needs the name of the person who makes it")
        with answering(self._writers), self._writers.begin() as connection:
            if connection.dialect.name == "postgresql":
                lock = text("select pg_advisory_xact_lock(hashtextextended(:shop, 0))")
                connection.execute(lock, {"shop": f"backroom ledger of {self.shop}"})
            change = Change(connection, self.shop, at, name)
            yield change
            change.add(audit_log, change.notes)

    def select(self, table: Table, *where: ColumnElement[bool]) -> list[Row]:
        """Return the shop's rows of `table` that satisfy `where`, in the order of their key."""
        with answering(self.engine), self.engine.connect() as connection:
            return find(connection, table, self.shop, *where)

    def rows(self, table_name: str) -> list[dict[str, Any]]:
        """Return every row of this shop in a table, in the order of its key."""
        return [dict(row) for row in self.select(_table(table_name))]

    def arrow(self, table_name: str) -> Any:
        """Return the same rows as a pyarrow.Table: decimal128(18, 2), UTC moments, declared."""
        pa = _pyarrow()

        table = _table(table_name)
        schema = pa.schema([(column.name, _arrow_type(column.type)) for column in table.c])
        # As the database keeps them: Arrow reads a column of texts in the time that Python takes for a few of them.
        kept = [type_coerce(column, NullType()) for column in table.c]
        statement = select(*kept).where(table.c.shop == self.shop).order_by(*table.primary_key)
        with answering(self.engine), self.engine.connect() as connection:
            rows = connection.execute(statement).fetchall()
        columns = zip(*rows, strict=True) if rows else [()] * len(schema)
        return pa.Table.from_arrays(
            [
                pa.array(values).cast(kind)
                for values, kind in zip(columns, schema.types, strict=True)
            ],
            schema=schema,
        )

    def close(self) -> None:
        """Give back the connections."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def find(connection: Connection, table: Table, shop: str, *where: ColumnElement[bool]) -> list[Row]:
    """Return the rows of `shop` in `table` that satisfy `where`, in the order of their key."""
    statement = select(table).where(table.c.shop == shop, *where).order_by(*table.primary_key)
    return [row._asdict() for row in connection.execute(statement)]


@contextmanager
def answering(engine: Engine) -> Iterator[None]:
    """Turn a database that is away or busy into an error that says so, its password left out."""
    try:
        yield
    except (OperationalError, sqlite3.OperationalError) as error:
        reason = error.orig if isinstance(error, OperationalError) else error
        raise RetryableError(
            f"The ledger at {engine.url} is away or busy: {reason}. The step may be run "
            "again; if it stays so, see that the database runs and that no other program holds it."
        ) from error


def stated(words: str, need: str) -> str:
    """Return `words` without outer blanks.

    Raises:
        FatalError: nothing is left; the message opens with `need`.
    """
    if not words.strip():
        raise FatalError(f"{need}, and it is empty. The audit log keeps who and why: state it.")
    return words.strip()


def as_json(values: Row | None) -> str | None:
    """Return `values` as one line of JSON with sorted keys; dates and money as their text."""
    if values is None:
        return None
    return json.dumps(dict(values), default=str, sort_keys=True, ensure_ascii=False)


def differences(before: Row, after: Row) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what `after` changes in `before`: the old values and the new."""
    changed = [name for name, value in after.items() if before[name] != value]
    return {name: before[name] for name in changed}, {name: after[name] for name in changed}


def _table(name: str) -> Table:
    if name not in metadata.tables:
        known = ", ".join(sorted(metadata.tables))
        raise FatalError(f"The ledger has no table {name!r}. It has {known}.")
    return metadata.tables[name]


def _pyarrow() -> Any:
    # Loaded when asked for: it costs more than the rest of the ledger, and only marts need it.
    return importlib.import_module("pyarrow")


def _arrow_type(kind: Any) -> Any:
    pa = _pyarrow()
    if isinstance(kind, Moment):
        return pa.timestamp("us", "UTC")
    if isinstance(kind, Amount):
        return pa.decimal128(kind.impl.precision, kind.impl.scale)
    if isinstance(kind, Date):
        return pa.date32()
    if isinstance(kind, Boolean):
        return pa.bool_()
    return pa.int64() if isinstance(kind, Integer | BigInteger) else pa.string()
