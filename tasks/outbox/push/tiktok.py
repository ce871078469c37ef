"""TikTok Shop's bulk edit template: the workbook of Seller Center with new quantities, five header rows first.

A listing is named by its product id and SKU id, which the newest downloaded template states. The
price is written as the template had it, so that an upload changes the quantity alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb
from openpyxl import Workbook

from tasks.outbox.push.spreadsheet import neutral
from tasks.rules.sending import Number
from tasks.run.night import Night
from tasks.run.whole_file import whole_file
from tasks.warehouse.catalog import tables_of
from tasks.warehouse.tables import fetch

UNKNOWN = "no bulk edit template that names it was dropped into the inbox"
COLUMNS = {
    "product_id": ("Product ID", "Mandatory", "Cannot be edited"),
    "product_name": ("Product name", "Mandatory", "Cannot be edited"),
    "sku_id": ("SKU ID", "Mandatory", "Cannot be edited"),
    "price": ("Price", "Mandatory", "Digits"),
    "quantity": ("Quantity", "Mandatory", "Whole number"),
    "seller_sku": ("Seller SKU", "Optional", "Text"),
}
# Two SKU ids of one seller SKU are one listing to us: its units may be published on one of them only.
LISTED = """
    select channel_sku, product_id, listing_id, title, price_amount
    from staged.tiktok_bulk_template
    where channel = ? and channel_sku is not null
    qualify row_number() over (
        partition by channel_sku order by snapshot_at desc, file_id desc, line_no
    ) = 1
    order by channel_sku
"""


@dataclass(frozen=True)
class _Listed:
    """A listing as the newest template names it."""

    channel_sku: str
    product_id: str
    listing_id: str
    title: str | None
    price_amount: Decimal | None


def takes(con: duckdb.DuckDBPyConnection, channel: str, rows: Sequence[Number]) -> list[Number]:
    """Return the rows that a template names."""
    listed = _listed(con, channel)
    return [row for row in rows if row.channel_sku in listed]


def write(
    con: duckdb.DuckDBPyConnection,
    night: Night,
    channel: str,
    rows: Sequence[Number],
    folder: Path,
) -> Path:
    """Write the changed quantities of one channel; return the workbook."""
    listed = _listed(con, channel)
    book = Workbook()
    sheet = book.create_sheet("Template", 0)
    sheet.append(list(COLUMNS))
    sheet.append(["V4", "Sales_Information", "metric"])
    for row_of_help in zip(*COLUMNS.values(), strict=True):
        sheet.append(list(row_of_help))
    for row in rows:
        at = listed[row.channel_sku]
        price = "" if at.price_amount is None else f"{at.price_amount:.2f}"
        cells = [
            at.product_id,
            at.title,
            at.listing_id,
            price,
            str(row.published_units),
            row.channel_sku,
        ]
        sheet.append([neutral(cell) for cell in cells])
    del book["Sheet"]
    name = f"Tiktoksellercenter_batchedit_{night.moment:%Y%m%d}_{channel}_{night.moment:%H%M}.xlsx"
    path = folder / name
    with whole_file(path) as draft:
        book.save(draft)
    return path


def _listed(con: duckdb.DuckDBPyConnection, channel: str) -> dict[str, _Listed]:
    if "staged.tiktok_bulk_template" not in tables_of(con):
        return {}
    return {each.channel_sku: each for each in fetch(con, _Listed, LISTED, [channel])}
