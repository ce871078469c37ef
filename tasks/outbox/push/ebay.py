"""eBay's revise file (File Exchange, Seller Hub > Reports > Upload): a new quantity per item number.

An item number is known from the orders report alone. Quantity 0 hides a listing and keeps it where
the shop's out-of-stock control is on; without it eBay refuses the row.
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from tasks.outbox.push.spreadsheet import write_cells
from tasks.rules.sending import Number
from tasks.run.night import Night
from tasks.warehouse.catalog import tables_of

HEADER = ("Action", "ItemID", "CustomLabel", "Quantity")
UNKNOWN = "no order of it was exported, so its item number is not known"
ITEMS = """
    select channel_sku, arg_max(item_number, (ordered_at, exported_at, line_no))
    from staged.ebay_orders
    where channel = ? and channel_sku is not null and item_number is not null
    group by channel_sku
"""


def takes(con: duckdb.DuckDBPyConnection, channel: str, rows: Sequence[Number]) -> list[Number]:
    """Return the rows whose item number is known."""
    items = _items(con, channel)
    return [row for row in rows if row.channel_sku in items]


def write(
    con: duckdb.DuckDBPyConnection,
    night: Night,
    channel: str,
    rows: Sequence[Number],
    folder: Path,
) -> Path:
    """Write the changed quantities of one channel; return the revise file."""
    items = _items(con, channel)
    return write_cells(
        folder / f"{channel}_{night.moment:%Y-%m-%d_%H%M}_revise.csv",
        HEADER,
        [("Revise", items[row.channel_sku], row.channel_sku, row.published_units) for row in rows],
    )


def _items(con: duckdb.DuckDBPyConnection, channel: str) -> dict[str, str]:
    """Return the newest item number of each listing that was sold."""
    if "staged.ebay_orders" not in tables_of(con):
        return {}
    return dict(con.execute(ITEMS, [channel]).fetchall())
