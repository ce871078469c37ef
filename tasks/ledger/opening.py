"""Open a ledger: reach its database, and bring its tables to what the code expects."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    column,
    create_engine,
    event,
    inspect,
    make_url,
    select,
    table,
    text,
)
from sqlalchemy.exc import ArgumentError

from config.errors import FatalError
from config.shop import Shop
from tasks.ledger.alerts import Alerts
from tasks.ledger.book import answering
from tasks.ledger.erasures import Erasures
from tasks.ledger.exceptions import Exceptions
from tasks.ledger.overrides import Overrides
from tasks.ledger.oversells import Oversells
from tasks.ledger.purchases import Purchases
from tasks.ledger.pushes import Pushes
from tasks.ledger.reviews import Reviews
from tasks.ledger.runs import Runs
from tasks.ledger.tables import VERSION_TABLE
from tasks.ledger.weeks import Weeks

MIGRATIONS = Path(__file__).resolve().parent / "migrations"
BUSY_SECONDS = 30
MIGRATION_LOCK = 8_140_617_026_110_001  # any number, the same for every ledger of a database


class Ledger(
    Runs, Pushes, Oversells, Purchases, Exceptions, Alerts, Reviews, Erasures, Overrides, Weeks
):
    """What one shop decided and sent, and what people did: the state that cannot be rebuilt.

    Every method is one transaction with its lines in `audit_log`, and safe to call twice. `at` is
    the moment of the change; the ledger never asks the clock.
    """


def open_ledger(url: str, shop: str) -> Ledger:
    """Return the ledger of `shop` at `url`, its tables made or brought up to date.

    `url` is SQLAlchemy's: `sqlite:///data/demo/ledger.db`, or `postgresql://user@host/name`. Two
    processes may open at once: the second waits, and finds nothing left to do.

    Raises:
        FatalError: the URL is neither a SQLite file nor PostgreSQL, or a newer version wrote it.
        RetryableError: the database does not answer.
    """
    engine = _engine(url)
    with answering(engine):
        if engine.dialect.name == "sqlite":
            path = Path(str(engine.url.database))
            with _alone(path):
                _let_readers_in(path)
                _migrate(engine)
        else:
            _migrate(engine)
    return Ledger(engine, shop)


def _engine(url: str) -> Engine:
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise FatalError(
            "The ledger's URL is not valid: write it as sqlite:///a/file.db."
        ) from error
    match address.get_backend_name():
        case "sqlite" if address.database not in (None, "", ":memory:"):
            return _sqlite(address)
        case "postgresql" | "postgres":
            named = address.set(drivername="postgresql+psycopg")
            return create_engine(named, pool_pre_ping=True)
    raise FatalError(
        f"The ledger cannot be kept at {address}: it needs a file (sqlite:///data/demo/ledger.db) "
        "or PostgreSQL (postgresql://user@host/name)."
    )


def _sqlite(address: URL) -> Engine:
    Path(str(address.database)).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(address)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: object) -> None:
        connection.isolation_level = None  # SQLAlchemy begins and ends, not the driver
        connection.execute(f"pragma busy_timeout = {BUSY_SECONDS * 1000}")
        connection.execute("pragma foreign_keys = on")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A writer takes the lock at once: one that read first could not wait for another.
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "begin"))

    return engine


@contextmanager
def _alone(ledger: Path) -> Iterator[None]:
    """Keep other openers of the same file out: SQLite does not wait while it turns to WAL."""
    with ledger.with_name(f"{ledger.name}.opening").open("w") as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        yield


def _let_readers_in(ledger: Path) -> None:
    with closing(sqlite3.connect(ledger, timeout=BUSY_SECONDS)) as connection:
        connection.execute("pragma journal_mode = wal")  # stays with the file


def _migrate(engine: Engine) -> None:
    """Bring the tables to the newest revision; another opener waits."""
    with engine.execution_options(begin="begin immediate").begin() as connection:
        if engine.dialect.name == "postgresql":
            lock = text("select pg_advisory_xact_lock(:lock)")
            connection.execute(lock, {"lock": MIGRATION_LOCK})
        if _revision(connection) == newest_revision():
            return
        # Half a second, and only a ledger that is made or upgraded needs it.
        from alembic import command
        from alembic.config import Config
        from alembic.util import CommandError

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise FatalError(
                f"The ledger at {engine.url} was written by a newer version ({error}). "
                "Run that version; a ledger is never downgraded."
            ) from error


def newest_revision() -> str:
    """Return the revision that the code expects: that of the last migration, whose file is called by it."""
    return max(path.name for path in (MIGRATIONS / "versions").glob("*.py")).partition("_")[0]


def _revision(connection: Connection) -> str | None:
    """Return the revision of the tables that are there; None where there are none."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(
        select(column("version_num")).select_from(table(VERSION_TABLE))
    ).scalar()


def ledger_of(shop: Shop) -> Ledger:
    """Return the shop's ledger: SQLite in its folder, or the database its setting names.

    A replay has one of its own, as the shop's was at its moment.
    """
    at_home = f"sqlite:///{shop.folder.ledger}"
    url = "" if shop.is_replay else os.environ.get(shop.ledger_url_env or "", "")
    return open_ledger(url or at_home, shop.name)
