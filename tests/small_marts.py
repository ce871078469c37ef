"""A small shop's marts: tables as its own SQL makes them, rows written by hand.

No type is written here: a night of a shop to which nothing has come builds every mart, and the
small shop's tables have those columns and types.
"""

import fcntl
import json
import os
import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from unittest.mock import patch

from duckdb import DuckDBPyConnection

from config.shop import Shop
from tasks.rules.sql_text import quoted
from tasks.run.night import Night
from tasks.warehouse.connection import open_warehouse
from tests import inprocess

ROWS = Path(__file__).parent / "small_marts" / "rows.sql"
SHOP = """
title: Corner
timezone: Europe/London
currency: GBP
channels:
  web: {platform: shopify, timezone: Europe/London, currency: GBP, priority: 1, locations: [shelf]}
locations:
  shelf: {kind: own}
people:
  operations: {owner: ben@corner.example}
  buying: {owner: ben@corner.example}
  finance: {owner: ann@corner.example}
"""


def create(con: DuckDBPyConnection) -> DuckDBPyConnection:
    """Create the marts of a shop to which nothing has come, without their rows."""
    con.execute("set timezone = 'UTC'")
    con.execute("create schema marts")
    for table in tables():
        con.execute(table)
    return con


def fill(con: DuckDBPyConnection) -> DuckDBPyConnection:
    """Create the marts of a small shop on the evening of 22 November 2026, 18:00 UTC."""
    create(con).execute(ROWS.read_text("utf-8"))
    return con


@cache
def tables() -> tuple[str, ...]:
    """Return the `create table` of every mart, as a night over an empty inbox leaves it.

    The processes of one run of pytest share one such night.
    """
    kept = Path(os.environ["BACKROOM_TEST_RUN"]) / "small_marts.json"
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            kept.write_text(json.dumps(_as_built()), encoding="utf-8")
        return tuple(json.loads(kept.read_text("utf-8")))


def _as_built() -> tuple[str, ...]:
    with tempfile.TemporaryDirectory() as room, patch.dict(os.environ, BACKROOM_DATA=room):
        night = first_night(Path(room))
        with open_warehouse(night.shop.folder) as con:
            found = con.execute(
                "select table_name, column_name, data_type from duckdb_columns()"
                " where schema_name = 'marts' order by table_name, column_index"
            ).fetchall()
    columns: dict[str, list[str]] = {}
    for table, column, kind in found:
        columns.setdefault(table, []).append(f"{quoted(column)} {kind}")
    return tuple(
        f"create table marts.{name} ({', '.join(those)})" for name, those in columns.items()
    )


def first_night(room: Path) -> Night:
    """Build every mart of a shop to which nothing has come; `room` is its BACKROOM_DATA."""
    (room / "corner.yaml").write_text(SHOP, encoding="utf-8")
    shop = Shop.read(room / "corner.yaml", name="corner")
    night = Night(shop, datetime(2026, 11, 22, 18, tzinfo=UTC), "small")
    inprocess.decide(night)
    return night
