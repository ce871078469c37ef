"""What our two warehouses sent: their export of parcels, and what is wrong with some of them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from zlib import crc32

from tasks.demo import catalog, clock, hard, people
from tasks.demo.delivery import Delivery, cents, names
from tasks.demo.mistakes import NAMELESS_ORDERS
from tasks.demo.orders import Line, Order
from tasks.demo.trade import moment

SHIPMENTS = names(
    "Order - Number,Market - Store Name,Ship From - Name,Date - Order Date,Date - Shipped Date,"
    "Ship To - Country,Ship To - Postal Code,Ship To - City,Ship To - Phone,"
    "Shipment - Weight (Oz),Shipment - Zone,Carrier - Name,Carrier - Service Selected,"
    "Shipment - Tracking Number,Amount - Shipping Cost,Item - Qty"
)
# Up to a pound, up to ten, and the rest: the packing table of the shop's file.
_TIERS = ((160, 0), (1600, 1))
_CARRIERS = (("USPS", "Ground Advantage"), ("UPS", "Ground"), ("FedEx", "Home Delivery"))
_GRAMS_OF_OUNCE = 28.349523125
_LOST_DAYS = 10
_WRONG_CARRIER, _NO_TRACKING, _WRONG_WEIGHT = 37, 211, 83  # one parcel of so many
ROUTED_TO_MAIN = "Keepsake Box"  # the family that the shop's routing keeps out of the 3PL


def sent(orders: Iterable[Order], now: int) -> Iterator[tuple[int, Order, Sequence[Line]]]:
    """Yield when each parcel of ours left by `now`, its order, and what is in it."""
    for order in orders:
        is_listed = order.kind == "web" or order.kind in NAMELESS_ORDERS
        if is_listed and order.location != catalog.FBA and not order.shipper:
            for left, lines in order.departures():
                if left <= now:
                    yield left, order, lines


def write(delivery: Delivery, orders: Sequence[Order]) -> None:
    """Write the parcels that the warehouses sent, in the order they left."""
    parcels = sorted(sent(orders, delivery.now), key=lambda parcel: (parcel[0], parcel[1].number))
    stranger = len(parcels) * 3 // 5
    with delivery.sheet(f"3pl/shipments_{delivery.today}.csv", SHIPMENTS) as sheet:
        for position, (left, order, lines) in enumerate(parcels):
            row = _row(order, left, lines)
            if position == stranger:
                lost = [f"#Z{left % 10**6:06d}", *row[1:]]
                lost[13] = f"1Z{left % 10**12:012d}"
                note = "order number in no channel"
                sheet.reject(sheet.row(lost), "shipment_unknown_order", note, lost[0])
            sheet.row(row)


def truth(orders: Sequence[Order], now: int) -> dict[str, Any]:
    """Return the numbers of the orders whose parcels are lost, untracked, misrouted or mislabelled."""
    parcels = list(sent(orders, now))
    return {
        "parcels": len(parcels),
        "lost": sorted(
            order.order_id
            for left, order, _ in parcels
            if order.hard == hard.LOST and left < now - _LOST_DAYS * clock.DAY
        ),
        "without_tracking": sorted(o.order_id for _, o, _ in parcels if _is_untracked(o)),
        "wrong_carrier": sorted(o.order_id for _, o, _ in parcels if _is_mislabelled(o)),
        "wrong_weight": sorted(o.order_id for _, o, _ in parcels if _is_misweighed(o)),
        "wrong_location": sorted(
            {
                order.order_id
                for _, order, lines in parcels
                if order.location != catalog.MAIN
                for line in lines
                if line.sku in catalog.BY_SKU and catalog.BY_SKU[line.sku].family == ROUTED_TO_MAIN
            }
        ),
    }


def _is_untracked(order: Order) -> bool:
    return order.number % _NO_TRACKING == 0


def _is_mislabelled(order: Order) -> bool:
    return order.number % _WRONG_CARRIER == 0


def _is_misweighed(order: Order) -> bool:
    return order.number % _WRONG_WEIGHT == 0


def _row(order: Order, left: int, lines: Sequence[Line]) -> list[str]:
    buyer = people.person(order.buyer)
    parts = [part for line in lines for part in line.parts()]
    grams = sum(catalog.BY_SKU[sku].grams * units for sku, units in parts)
    share = 7 if _is_misweighed(order) else 10  # a unit of three was left out
    ounces = round(grams * share / _GRAMS_OF_OUNCE)
    tier = next((place for limit, place in _TIERS if ounces <= limit), len(_TIERS))
    carrier, service = _CARRIERS[(tier + _is_mislabelled(order)) % len(_CARRIERS)]
    number = f"1Z{order.number * 7919 % 10**6:06d}{left % 10**6:06d}"
    return [
        order.order_id, order.channel, order.location, moment(order.created), moment(left), "US",
        buyer.zip_code, buyer.city, buyer.phone, f"{ounces // 10}.{ounces % 10}",
        f"US{crc32(buyer.state.encode()) % 8 + 1}", carrier, service,
        "" if _is_untracked(order) else number, cents(430 + grams // 12),
        str(sum(line.units for line in lines)),
    ]  # fmt: skip
