"""WooCommerce's product import (Products > Import, "Update existing products"): stock by SKU.

Columns that are left out keep what the product has.
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from tasks.outbox.push.spreadsheet import write_cells
from tasks.rules.sending import Number
from tasks.run.night import Night

HEADER = ("SKU", "In stock?", "Stock")


def write(
    con: duckdb.DuckDBPyConnection,  # noqa: ARG001, every writer takes the same
    night: Night,
    channel: str,
    rows: Sequence[Number],
    folder: Path,
) -> Path:
    """Write the changed stock of one channel; return the import file."""
    return write_cells(
        folder / f"{channel}_{night.moment:%Y-%m-%d_%H%M}_stock_import.csv",
        HEADER,
        [(row.channel_sku, int(row.published_units > 0), row.published_units) for row in rows],
    )
