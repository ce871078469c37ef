"""What no model builds and only a load changes: hashed once a load, not at every build that reads it."""

from collections.abc import Mapping

from duckdb import DuckDBPyConnection

from tasks.warehouse.catalog import content_hash, tables_of

SCHEMAS = ("valid.", "settings.")


def forget(con: DuckDBPyConnection) -> None:
    """Say that they are being loaded: what was known of their content holds no longer."""
    con.execute("create schema if not exists meta")
    con.execute("create or replace table meta.given (name varchar, fingerprint varchar)")


def note(con: DuckDBPyConnection) -> None:
    """Keep a hash over all rows of each: a model that reads one is built again where it differs."""
    names = sorted(name for name in tables_of(con) if name.startswith(SCHEMAS))
    rows = [(name, content_hash(con, name)) for name in names]
    con.executemany("insert into meta.given values (?, ?)", rows)


def fingerprints(con: DuckDBPyConnection) -> Mapping[str, str]:
    """Return what is kept of each; nothing where a load did not end."""
    if "meta.given" not in tables_of(con):
        return {}
    return dict(con.execute("select name, fingerprint from meta.given").fetchall())
