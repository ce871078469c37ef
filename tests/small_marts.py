"""A small shop's marts, written by hand: the columns that the summary and the dashboard read."""

from pathlib import Path

from duckdb import DuckDBPyConnection

FOLDER = Path(__file__).parent / "small_marts"


def create(con: DuckDBPyConnection) -> DuckDBPyConnection:
    """Create the marts of a shop to which nothing has come."""
    con.execute("set timezone = 'UTC'")
    con.execute((FOLDER / "tables.sql").read_text("utf-8"))
    return con


def fill(con: DuckDBPyConnection) -> DuckDBPyConnection:
    """Create the marts of a small shop on the evening of 22 November 2026, 18:00 UTC."""
    create(con).execute((FOLDER / "rows.sql").read_text("utf-8"))
    return con
