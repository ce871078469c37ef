"""A database: each query of the shop file becomes one CSV file, exact to the last digit."""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import sqlglot
from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool
from sqlglot.errors import SqlglotError

from config.errors import FatalError, RetryableError
from config.shop import Shop, shops_root
from config.source import DatabaseSource
from tasks.sources.found import Found, PullTime, fetched, text_or_file
from tasks.sources.secrets import from_environment, masked

# Rows held in memory at once, and no parameters: a % in a query is a %.
STREAMED = {"stream_results": True, "yield_per": 2_000, "no_parameters": True}
DIALECTS = {"postgresql": "postgres", "mssql": "tsql", "mysql": "mysql", "mariadb": "mysql",
            "sqlite": "sqlite", "oracle": "oracle", "snowflake": "snowflake"}  # fmt: skip
READS = {"SELECT", "WITH", "VALUES", "("}
# What is set in each engine before a query, so that a slip in it changes nothing.
READ_ONLY = {
    "sqlite": ("pragma query_only = on",),
    "postgresql": ("set transaction read only", "set local time zone 'UTC'"),
    "mysql": ("set session transaction read only",),
    "mariadb": ("set session transaction read only",),
    "oracle": ("set transaction read only",),
}
HIDDEN = re.compile("pass|pwd|key|token|secret", re.IGNORECASE)  # options of a URL not to be read
REFUSALS = ("password", "authentication", "access denied", "permission denied", "login failed",
            "no pg_hba.conf entry", "role \"")  # fmt: skip


def look(shop: Shop, source: DatabaseSource, at: PullTime) -> Iterator[Found]:
    """Yield one file a query; the database is asked only when it is opened."""
    for name, query in source.queries.items():
        file = f"{name}.csv"
        yield Found(
            address=f"database://{source.database_env}/{name}",
            name=file,
            modified_at=at.now,
            open=partial(fetched, shop, file, partial(_fetch, shop, source, name, query)),
            nightly=True,
        )


def _fetch(shop: Shop, source: DatabaseSource, name: str, query: str, target: Path) -> None:
    """Write the result of a query into `target`.

    Raises:
        RetryableError: the database cannot be reached.
        FatalError: it denies access, or the query is wrong or does more than read.
    """
    what = f"{shop.name}: query {name} on the database of {source.database_env}"
    address = from_environment(source.database_env, what)
    secrets = [address]
    try:
        url = _with_driver(make_url(address))
        secrets += [url.password] if url.password else []
        secrets += [
            value for value in url.query.values() if isinstance(value, str) and "pass" in value
        ]
        engine = create_engine(url, poolclass=NullPool)
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError) as error:
        raise FatalError(
            f"{what}: {source.database_env} holds no URL that SQLAlchemy can open"
            f" ({type(error).__name__}). Write it as postgresql://user:password@host/name, and"
            " install the driver of that database."
        ) from None
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise RetryableError(f"{what}: the file {url.database} is missing. Fix the URL, or wait.")
    try:
        sql = text_or_file(query, ".sql", shops_root())
        _must_only_read(sql, engine, what)
        _write(engine, sql, target)
    except OSError as error:
        raise FatalError(f"{what}: {error}. Fix `queries` in the shop file.") from None
    except SQLAlchemyError as error:
        raise _explained(error, what, secrets) from None
    finally:
        engine.dispose()


def _with_driver(url: URL) -> URL:
    if url.drivername in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    return url


def _must_only_read(sql: str, engine: Engine, what: str) -> None:
    """Stop a query that is more than one reading statement.

    Raises:
        FatalError: it is.
    """
    try:
        tokens = sqlglot.tokenize(sql, read=DIALECTS.get(engine.dialect.name))
    except SqlglotError:
        tokens = []
    words = [token.text.upper() for token in tokens]
    while words and words[-1] == ";":
        words.pop()
    if not words or words[0] not in READS or ";" in words:
        raise FatalError(f"{what}: a query is one `select`, and nothing else. Fix it.")


def _write(engine: Engine, sql: str, target: Path) -> None:
    """Stream the rows into a CSV file after RFC 4180."""
    with engine.connect() as connection, target.open("w", encoding="utf-8", newline="") as file:
        for order in READ_ONLY.get(engine.dialect.name, ()):
            connection.exec_driver_sql(order)
        with connection.exec_driver_sql(sql, execution_options=STREAMED) as result:
            file.write(_line(result.keys()))
            for row in result:
                file.write(_line(row))
        connection.rollback()


def _line(values: Iterable[Any]) -> str:
    return ",".join(cell(value) for value in values) + "\r\n"


def cell(value: Any) -> str:
    """Return a value as a cell: exact, quoted where it must be; NULL is empty, '' is quoted."""
    if value is None:
        return ""
    text = _text(value)
    if text == "" or any(character in text for character in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def _text(value: Any) -> str:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case Decimal():
            return f"{value:f}"  # never 1E+2
        case float():
            return f"{Decimal(repr(value)):f}"  # the shortest that reads back as the same number
        case datetime():
            return (value.astimezone(UTC) if value.tzinfo else value).isoformat()
        case date() | time():
            return value.isoformat()
        case timedelta():
            return f"{Decimal(value // timedelta(microseconds=1)) / 1_000_000:f}"  # seconds
        case bytes() | bytearray() | memoryview():
            return bytes(value).hex()
        case dict() | list():
            return json.dumps(value, ensure_ascii=False, default=_text)
        case _:
            return str(value)


def _explained(
    error: SQLAlchemyError, what: str, secrets: list[str]
) -> FatalError | RetryableError:
    """Return an error of the database as one of ours, without the statement and its address."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    detail = masked(f"{type(origin).__name__}: {origin}".strip(), secrets)
    if any(word in detail.lower() for word in REFUSALS):
        return FatalError(
            f"{what}: access denied ({detail}). Check user and password in the URL, and that the"
            " user may read these tables."
        )
    is_away = type(origin).__name__ in ("OperationalError", "InterfaceError", "ConnectionTimeout")
    if isinstance(error, DBAPIError) and (error.connection_invalidated or is_away):
        if "no such table" in detail or "no such column" in detail or "syntax error" in detail:
            return FatalError(f"{what}: {detail}. Fix the query in the shop file.")
        return RetryableError(
            f"{what}: {detail}. Check that the database runs and is reached from here; it is tried"
            " again."
        )
    return FatalError(f"{what}: {detail}. Fix the query in the shop file.")
