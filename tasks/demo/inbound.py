"""What goes from the makers to Amazon: the shipments, and what its ledger says it has received."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zlib import crc32

from tasks.demo import catalog
from tasks.demo.delivery import Delivery, names
from tasks.demo.stock import Purchase, received_through

SHIPMENTS = names("fba_shipment_id,sku,quantity_shipped,shipped_date,carrier,destination")
LEDGER = names(
    "Date\tFNSKU\tASIN\tMSKU\tTitle\tEvent Type\tReference ID\tQuantity\tFulfillment Center\t"
    "Disposition\tReason\tCountry\tReconciled Quantity\tUnreconciled Quantity\tDate and Time",
    "\t",
)
_SHOWN_DAYS = 150
_ROAD_DAYS = 6  # from the maker to Amazon's door
_OLD_DAYS = 60  # by then a shipment is received, or will never be
LOST_UNITS = 6


@dataclass(frozen=True)
class Item:
    """One SKU of a shipment; `lost` left with the others and never came."""

    shipment_id: str
    sku: str
    shipped: date
    units: int
    lost: int
    deliveries: Sequence[tuple[date, int]]

    def received(self, last_day: date) -> int:
        """Return the units that Amazon has received up to and with a day."""
        return sum(units for day, units in self.deliveries if day <= last_day)


def items(purchases: Sequence[Purchase], today: date) -> list[Item]:
    """Return what left for Amazon; of the first old enough shipment some units are lost."""
    found = []
    loser = ""
    for purchase in purchases:
        shipped = purchase.deliveries[0][0] - timedelta(days=_ROAD_DAYS)
        if purchase.location != catalog.FBA or not _is_shown(shipped, today):
            continue
        shipment = f"FBA15{crc32(purchase.po_number.encode()) % 10**7:07d}"
        if not loser and (today - shipped).days >= _OLD_DAYS:
            loser = f"{shipment}/{purchase.product.sku}"
        lost = LOST_UNITS if loser == f"{shipment}/{purchase.product.sku}" else 0
        found.append(
            Item(
                shipment, purchase.product.sku, shipped, purchase.quantity + lost, lost,
                purchase.deliveries,
            )
        )  # fmt: skip
    return found


def _is_shown(shipped: date, today: date) -> bool:
    return today - timedelta(days=_SHOWN_DAYS) <= shipped < today


def write(delivery: Delivery, purchases: Sequence[Purchase]) -> dict[str, dict[str, Any]]:
    """Write the list of shipments and the ledger's receipts; return what is missing and what is to come."""
    sent = items(purchases, delivery.today)
    with delivery.sheet(f"prep/inbound_shipments_{delivery.today}.csv", SHIPMENTS) as sheet:
        for item in sent:
            sheet.row([
                item.shipment_id, f"{item.sku}-FBA", item.units, item.shipped, "UPS", "ABE8",
            ])  # fmt: skip
    last = received_through(delivery.now)
    with delivery.sheet(f"amazon/ledger_detail_{delivery.today}.txt", LEDGER, "\t") as sheet:
        for row in sorted(_receipts(sent, last)):
            sheet.row(row)
    truth: dict[str, dict[str, Any]] = defaultdict(dict)
    for item in sent:
        truth[item.shipment_id][item.sku] = {
            "shipped": item.units,
            "received": item.received(last),
            "missing": item.lost,
            "to_come": item.units - item.lost - item.received(last),
        }
    return dict(truth)


def _receipts(sent: Sequence[Item], last: date) -> Iterator[list[str]]:
    for item in sent:
        for day, units in item.deliveries:
            if day <= last:
                yield [
                    f"{day:%m/%d/%Y}", f"X00{crc32(item.sku.encode()) % 10**7:07d}",
                    catalog.asin(item.sku), f"{item.sku}-FBA", catalog.title(item.sku), "Receipts",
                    item.shipment_id, str(units), "ABE8", "SELLABLE", "", "US", "", "",
                    f"{day}T09:00:00-0500",
                ]  # fmt: skip
