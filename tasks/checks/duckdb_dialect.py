"""A SQLAlchemy dialect through which Great Expectations runs on DuckDB: `backroom://`.

No dialect at hand does: Great Expectations fetches rows after it has closed its connection, when
a lazy DuckDB result is gone; its regular expressions know PostgreSQL but not DuckDB; and
PostgreSQL's reflection asks for catalogs that DuckDB lacks. So this one buffers its rows, calls
itself postgresql and reflects through `duckdb_columns()`.

It never opens a database: its URLs name a connection that is open already and was shared, so the
checks see its temporary tables and uncommitted rows, and its transaction stays its owner's.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.pool import NullPool, Pool
from sqlalchemy.types import TypeEngine

SCHEME = "backroom"

_shared: dict[str, duckdb.DuckDBPyConnection] = {}


@contextmanager
def shared(name: str, con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Lend the open connection `con` for the time of the block; give the URL that reaches it.

    Raises:
        ValueError: the name is lent out already; two threads need two names.
    """
    share(name, con)
    try:
        yield url_of(name)
    finally:
        unshare(name)


def url_of(name: str) -> str:
    """Return the URL that reaches whatever connection is lent under `name` when it is used."""
    return f"{SCHEME}:///{name}"


def share(name: str, con: duckdb.DuckDBPyConnection) -> None:
    """Lend `con` under `name` until `unshare(name)`."""
    if name in _shared:
        raise ValueError(f"a connection is shared as {name!r} already: unshare it first")
    _shared[name] = con


def unshare(name: str) -> None:
    """Take the connection lent under `name` back; its owner still has it open."""
    del _shared[name]


class _Cursor:
    """A DB-API cursor whose rows are fetched at once, so that they outlive the next statement."""

    arraysize = 1000

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con
        self._rows: Iterator[tuple[Any, ...]] = iter(())
        self.description: Sequence[Any] | None = None
        self.rowcount = -1

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        result = self._con.execute(statement, list(parameters))
        self.description = result.description
        rows = result.fetchall() if result.description else []
        self._rows, self.rowcount = iter(rows), len(rows)

    def fetchone(self) -> tuple[Any, ...] | None:
        return next(self._rows, None)

    def fetchmany(self, size: int = arraysize) -> list[tuple[Any, ...]]:
        return [row for _, row in zip(range(size), self._rows, strict=False)]

    def fetchall(self) -> list[tuple[Any, ...]]:
        return list(self._rows)

    def close(self) -> None:
        self._rows = iter(())


class _Connection:
    """A DB-API connection that leaves the transaction, and the closing, to its owner."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con

    def cursor(self) -> _Cursor:
        return _Cursor(self._con)

    def commit(self) -> None:
        """Do nothing: the transaction is its owner's."""

    def rollback(self) -> None:
        """Do nothing: the transaction is its owner's."""

    def close(self) -> None:
        """Do nothing: the connection is its owner's."""


class _DBAPI:
    """What SQLAlchemy asks of a DB-API module."""

    apilevel, threadsafety, paramstyle = "2.0", 1, "numeric_dollar"
    Error = InterfaceError = duckdb.Error
    DatabaseError = duckdb.DatabaseError
    DataError = duckdb.DataError
    IntegrityError = duckdb.IntegrityError
    InternalError = duckdb.InternalError
    NotSupportedError = duckdb.NotSupportedError
    OperationalError = duckdb.OperationalError
    ProgrammingError = duckdb.ProgrammingError


_TYPES: dict[str, Callable[[], TypeEngine[Any]]] = {
    "BIGINT": sa.BIGINT,
    "BLOB": sa.LargeBinary,
    "BOOLEAN": sa.BOOLEAN,
    "DATE": sa.DATE,
    "DOUBLE": sa.FLOAT,
    "FLOAT": sa.FLOAT,
    "HUGEINT": sa.NUMERIC,
    "INTEGER": sa.INTEGER,
    "SMALLINT": sa.SMALLINT,
    "TIME": sa.TIME,
    "TIMESTAMP": sa.TIMESTAMP,
    "TIMESTAMP WITH TIME ZONE": lambda: sa.TIMESTAMP(timezone=True),
    "TINYINT": sa.SMALLINT,
    "UBIGINT": sa.NUMERIC,
    "UINTEGER": sa.BIGINT,
    "USMALLINT": sa.INTEGER,
    "UTINYINT": sa.SMALLINT,
    "UUID": sa.UUID,
    "VARCHAR": sa.VARCHAR,
}


def sql_type(name: str) -> TypeEngine[Any]:
    """Return SQLAlchemy's type for DuckDB's `name`; nested types read as text."""
    if decimal := re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", name):
        return sa.DECIMAL(int(decimal[1]), int(decimal[2]))
    return _TYPES.get(name, sa.VARCHAR)()


# A temporary table hides one of the same name, as it does in a query.
_COLUMNS = sa.text("""
    select column_name, data_type, is_nullable
    from duckdb_columns()
    where table_name = :table
        and schema_name = coalesce(:schema, current_schema())
        and database_name in (current_database(), 'temp')
    qualify rank() over (order by database_name = 'temp' desc) = 1
    order by column_index
""")


class DuckDBDialect(PGDialect):
    """PostgreSQL's dialect, spoken on a DuckDB connection that somebody else has open."""

    driver = "duckdb"
    supports_statement_cache = True
    supports_server_side_cursors = False

    @classmethod
    def import_dbapi(cls) -> Any:
        """Return what serves as the DB-API module."""
        return _DBAPI

    @classmethod
    def get_pool_class(cls, url: sa.URL) -> type[Pool]:  # noqa: ARG003
        """Return no pool: there is one connection, and it is not ours to keep."""
        return NullPool

    def create_connect_args(self, url: sa.URL) -> Any:
        """Return the name under which the connection was shared."""
        return (url.database,), {}

    def connect(self, *cargs: Any, **cparams: Any) -> Any:  # noqa: ARG002
        """Return the connection shared under the name in `cargs`."""
        (name,) = cargs
        if name not in _shared:
            raise duckdb.ConnectionException(f"no connection is shared as {name!r}")
        return _Connection(_shared[name])

    def initialize(self, connection: sa.Connection) -> None:  # noqa: ARG002
        """Set what PostgreSQL's dialect would ask the server for."""
        self.server_version_info = (14, 0)
        self.default_schema_name = "main"
        self._backslash_escapes = False

    def get_columns(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **_: Any
    ) -> list[ReflectedColumn]:
        """Return the columns of a table or view, in order.

        Raises:
            NoSuchTableError: there is none of that name.
        """
        rows = connection.execute(_COLUMNS, {"table": str(table_name), "schema": schema}).all()
        if not rows:
            raise sa.exc.NoSuchTableError(table_name)
        return [
            {"name": name, "type": sql_type(kind), "nullable": nullable, "default": None}
            for name, kind, nullable in rows
        ]

    def has_table(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **_: Any
    ) -> bool:
        """Return whether there is a table or view of that name."""
        parameters = {"table": str(table_name), "schema": schema}
        return connection.execute(_COLUMNS, parameters).first() is not None

    def get_pk_constraint(self, *_: Any, **__: Any) -> Any:
        """Return none: our tables promise their keys in their headers, not as constraints."""
        return {"name": None, "constrained_columns": []}


registry.register(SCHEME, __name__, DuckDBDialect.__name__)
