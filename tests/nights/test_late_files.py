"""Nights on which files are late, or put back to what they were: nothing is offered or bought twice."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from tests.first_shop import Row, like, write
from tests.inprocess import decide, night_of, place, publish, read
from tests.nights.test_again import hashes

SHOP = """
title: Late files
timezone: UTC
currency: USD
channels:
  web: {platform: shopify, timezone: UTC, currency: USD, priority: 1, locations: [Studio]}
locations:
  Studio: {kind: own}
people:
  operations: {owner: olive@late.example}
  finance: {owner: olive@late.example}
  buying: {owner: bea@late.example}
  support: {owner: olive@late.example}
"""
FIRST = date(2026, 11, 24)
SUPPLIER = {
    "supplier_id": "S1", "name": "Clay", "lead_time_days": 5, "moq_units": 6, "currency": "USD",
}  # fmt: skip
ORDERED = {
    "po_number": "PO-1", "supplier_id": "S1", "ordered_at": "2026-11-20", "sku": "CUP",
    "promised_date": "2026-11-24", "quantity_ordered": 300, "unit_cost": "2.00", "currency": "USD",
    "status": "open",
}  # fmt: skip
RECEIPT = {
    "receipt_id": "GR-1", "po_number": "PO-1", "sku": "CUP", "quantity_received": 300,
    "received_date": "2026-11-24", "location": "Studio",
}  # fmt: skip


def order(number: int, day: date, units: int, left: date | None) -> Row:
    ordered, shipped = f"{day} 09:00:00 +0000", f"{left} 15:00:00 +0000"
    return like("shopify/orders.csv") | {
        "Name": f"#{number}", "Id": f"61{number}", "Created at": ordered, "Paid at": ordered,
        "Fulfillment Status": "fulfilled" if left else "unfulfilled",
        "Fulfilled at": shipped if left else "",
        "Lineitem fulfillment status": "fulfilled" if left else "pending",
        "Lineitem sku": "CUP", "Lineitem quantity": units, "Lineitem price": "10.00",
        "Subtotal": f"{10 * units}.00", "Shipping": "0.00", "Taxes": "0.00",
        "Total": f"{10 * units}.00",
    }  # fmt: skip


def orders(shipped: date | None) -> Iterator[Row]:
    """Yield four cups a day for sixty days, and three that were ordered before the first night."""
    for back in range(61, 1, -1):
        day = FIRST - timedelta(days=back)
        yield order(1000 + back, day, 4, day)
    yield order(2000, FIRST - timedelta(days=1), 3, shipped)


def count(units: int, day: date) -> Row:
    return {
        "Warehouse": "Studio", "Part Number": "CUP", "Description": "Cup", "Bin": "A",
        "Qty On Hand": units, "Allocated": 0, "Damaged": 0, "As Of": f"{day} 23:00:00",
    }  # fmt: skip


def files(night: int) -> Iterator[tuple[str, list[Row]]]:
    """Yield what came in the early morning of each night: on the second one no count did."""
    yield f"orders_{night}.csv", list(orders(FIRST if night > 0 else None))
    yield f"suppliers_{night}.csv", [SUPPLIER | {"lead_time_days": 50 if night == 1 else 5}]
    if night == 0:
        yield "map.csv", [{"channel": "web", "channel_sku": "CUP", "sku": "CUP"}]
        item = {"supplier_id": "S1", "sku": "CUP", "case_pack": 6, "unit_cost": "2.00"}
        yield "items.csv", [item | {"currency": "USD"}]
        yield "purchases_0.csv", [ORDERED]
    if night == 1:
        yield "purchases_1.csv", [ORDERED | {"status": "received"}]
        yield "receipts.csv", [RECEIPT]
    if night != 1:
        day = FIRST + timedelta(days=night - 1)
        yield f"on_hand_{night}.csv", [count(20 if night == 0 else 317, day)]


def test_what_left_or_came_since_the_count_and_a_list_put_back(tmp_path: Path) -> None:
    data, shops = tmp_path / "data", tmp_path / "shops"
    shops.mkdir()
    (shops / "late.yaml").write_text(SHOP)
    marts = data / "late" / "published" / "current" / "marts.duckdb"
    found = []
    with place(data, shops):
        for number in range(3):
            at = datetime(2026, 11, 24 + number, 2, tzinfo=UTC)
            for name, rows in files(number):
                write(data / "late" / "inbox" / name, rows, at - timedelta(hours=1))
            night = night_of("late", at)
            read(night)
            decide(night, dry_run=False)
            publish(night)
            with duckdb.connect(str(marts), read_only=True) as con:
                found += con.execute(
                    """
                    select stock.on_hand, left_since_units, reserved, stock.available, published_units,
                        on_order, position, lead_time_days, (select count(*) from purchase_suggestions)
                    from stock_position as stock, channel_stock, reorder_plan
                    """
                ).fetchall()
        before = hashes(data / "late")
        read(night)
        decide(night, dry_run=False)
        publish(night)
    assert found == [
        (20, 0, 3, 17, 17, 300, 317, 5, 0),
        (20, 3, 0, 17, 17, 300, 317, 50, 0),  # three left and 300 came since it was counted
        (317, 0, 0, 317, 317, 0, 317, 5, 0),
    ]
    again = hashes(data / "late")
    assert [name for name in again if again[name] != before[name]] == []
