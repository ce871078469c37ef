"""Amazon's price-and-quantity file, and the same numbers as a JSON listings feed.

A blank price keeps the price. FBA SKUs are never in it: a quantity would turn the offer into a
merchant-fulfilled one.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import duckdb

from tasks.outbox.push.spreadsheet import write_cells
from tasks.rules.sending import Number
from tasks.run.night import Night
from tasks.run.whole_file import write_whole

HEADER = (
    "sku", "price", "minimum-seller-allowed-price", "maximum-seller-allowed-price", "quantity",
    "handling-time", "fulfillment-channel",
)  # fmt: skip


def write(
    con: duckdb.DuckDBPyConnection,  # noqa: ARG001, every writer takes the same
    night: Night,
    channel: str,
    rows: Sequence[Number],
    folder: Path,
) -> Path:
    """Write the changed quantities of one channel; return the price-and-quantity file."""
    stem = f"{channel}_{night.moment:%Y-%m-%d_%H%M}"
    feed = {
        "header": {"sellerId": "", "version": "2.0", "issueLocale": "en_US"},
        "messages": [
            {
                "messageId": number,
                "sku": row.channel_sku,
                "operationType": "PATCH",
                "productType": "PRODUCT",
                "patches": [
                    {
                        "op": "replace",
                        "path": "/attributes/fulfillment_availability",
                        "value": [
                            {"fulfillment_channel_code": "DEFAULT", "quantity": row.published_units}
                        ],
                    }
                ],
            }
            for number, row in enumerate(rows, start=1)
        ],
    }
    write_whole(folder / f"{stem}_listings_feed.json", json.dumps(feed, indent=1))
    return write_cells(
        folder / f"{stem}_price_and_quantity.txt",
        HEADER,
        [(row.channel_sku, "", "", "", row.published_units, "", "") for row in rows],
        delimiter="\t",
    )
