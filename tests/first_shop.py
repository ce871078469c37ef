"""A stranger's first shop: its file, and exports of a few days that it may bring."""

import csv
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from config.strict import ROOT

SAMPLES = ROOT / "tests" / "exports"
SHOP = """
title: First steps
timezone: America/New_York
currency: USD
channels:
  web: {platform: PLATFORM, timezone: America/New_York, currency: USD, priority: 1, buffer: {units: 1},
        locations: [Studio]}
locations:
  Studio: {kind: own}
people:
  operations: {owner: me@first.example}
  finance: {owner: me@first.example}
  buying: {owner: me@first.example}
  support: {owner: me@first.example}
"""
SKUS = {"MUG-BLUE": 40, "MUG-RED": 12, "VASE-TALL": 6}
Row = Mapping[str, object]


def lately() -> datetime:
    """Return a moment of which no file may still be being written: one of now waits for the next night."""
    return datetime.now(UTC) - timedelta(minutes=10)


def write(path: Path, rows: Iterable[Row], at: datetime) -> None:
    """Write a CSV that was exported `at`, two hours before the night."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, table[0])
        writer.writeheader()
        writer.writerows(table)
    os.utime(path, (at.timestamp(), at.timestamp()))


def like(sample: str) -> dict[str, str]:
    """Return the first row of a sample export, to be filled with other cells."""
    with (SAMPLES / sample).open(encoding="utf-8-sig", newline="") as file:
        return next(csv.DictReader(file))


def orders(until: datetime, days: int = 12) -> list[Row]:
    """Return two orders a day, each shipped the next noon; those of the last day still wait."""
    rows: list[Row] = []
    for back in range(days, 0, -1):
        for hour, sku in enumerate(list(SKUS)[:2], start=14):
            at = (until - timedelta(days=back)).replace(hour=hour)
            went = at + timedelta(hours=20)
            is_gone = back > 1
            number = f"{1000 + 2 * (at.timetuple().tm_yday) + hour % 2}"
            rows.append(
                like("shopify/orders.csv")
                | {
                    "Name": f"#{number}",
                    "Id": f"61000000{number}",
                    "Created at": f"{at:%Y-%m-%d %H:%M:%S} +0000",
                    "Paid at": f"{at:%Y-%m-%d %H:%M:%S} +0000",
                    "Fulfillment Status": "fulfilled" if is_gone else "unfulfilled",
                    "Fulfilled at": f"{went:%Y-%m-%d %H:%M:%S} +0000" if is_gone else "",
                    "Lineitem fulfillment status": "fulfilled" if is_gone else "pending",
                    "Lineitem sku": sku,
                    "Lineitem price": "18.00",
                    "Subtotal": "18.00",
                    "Total": "23.00",
                }
            )
    return rows


def inventory(less: int = 0) -> list[Row]:
    return [
        like("shopify/inventory.csv")
        | {
            "Handle": sku.lower(),
            "Option1 Name": "Title",
            "Option1 Value": "Default Title",
            "SKU": sku,
            "Location": "Studio",
            "Incoming (not editable)": 0,
            "Unavailable (not editable)": 0,
            "Committed (not editable)": 0,
            "Available (not editable)": units - less,
            "On hand (current)": units - less,
        }
        for sku, units in SKUS.items()
    ]


def products() -> list[Row]:
    return [
        like("shopify/products.csv")
        | {
            "Title": sku,
            "URL handle": sku.lower(),
            "Description": "",
            "SKU": sku,
            "Price": "18.00",
            "Barcode": "",
        }
        for sku in SKUS
    ]
