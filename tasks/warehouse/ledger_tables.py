"""What the ledger says, as tables `ledger.*` of the warehouse, so that SQL can read it."""

import duckdb

from tasks.ledger import Ledger
from tasks.ledger.tables import metadata
from tasks.warehouse.connection import transaction


def write_ledger_tables(con: duckdb.DuckDBPyConnection, ledger: Ledger) -> None:
    """Copy every table of the shop's ledger into the warehouse, typed, one table each."""
    with transaction(con):
        for name in sorted(metadata.tables):
            con.register("from_ledger", ledger.arrow(name))
            con.execute(f"create or replace table ledger.{name} as select * from from_ledger")
            con.unregister("from_ledger")
