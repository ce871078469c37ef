"""Amazon's exports about orders and stock: all orders, and the FBA inventory."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zlib import crc32

from tasks.demo import catalog, clock, people
from tasks.demo.delivery import Delivery, Sheet, cents, names
from tasks.demo.mistakes import SPOILED_ORDERS
from tasks.demo.orders import Line, Order
from tasks.demo.stock import Place

UNMAPPED_SKU = "FP-NEW-99"
_WINDOW_DAYS = 30
_STEP_DAYS = 28

ALL_ORDERS = names(
    "amazon-order-id merchant-order-id purchase-date last-updated-date order-status order-item-id "
    "fulfillment-channel sales-channel order-channel ship-service-level product-name sku asin "
    "item-status quantity currency item-price item-tax shipping-price shipping-tax "
    "gift-wrap-price gift-wrap-tax item-promotion-discount ship-promotion-discount ship-city "
    "ship-state ship-postal-code ship-country promotion-ids cpf is-business-order "
    "purchase-order-number price-designation signature-confirmation-recommended "
    "is-replacement-order",
    " ",
)

FBA_INVENTORY = names(
    "sku fnsku asin product-name condition your-price mfn-listing-exists mfn-fulfillable-quantity "
    "afn-listing-exists afn-warehouse-quantity afn-fulfillable-quantity afn-unsellable-quantity "
    "afn-reserved-quantity afn-total-quantity per-unit-volume afn-inbound-working-quantity "
    "afn-inbound-shipped-quantity afn-inbound-receiving-quantity afn-researching-quantity "
    "afn-reserved-future-supply afn-future-supply-buyable",
    " ",
)


PLANNING = names(
    "snapshot-date sku fnsku asin product-name condition available units-shipped-t30 units-shipped-t90 "
    "days-of-supply estimated-excess-quantity item-volume volume-unit-measurement marketplace",
    " ",
)
CUBIC_FEET = "0.04"  # of every unit


def moment(instant: int) -> str:
    """Write an instant as the order report does: ISO, UTC."""
    return datetime.fromtimestamp(instant, UTC).isoformat()


SHOUTED = "FP-TWN-01"


def seller_sku(sku: str, order: Order) -> str:
    """Return the SKU of the listing an order bought."""
    if order.kind == "unmapped_sku_amazon":
        return UNMAPPED_SKU
    return f"{sku}-FBA" if order.location == catalog.FBA else sku


def _title(sku: str) -> str:
    """Return what Amazon calls a SKU: of one the title has a character that it does not allow."""
    return f"{catalog.title(sku)}!" if sku == SHOUTED else catalog.title(sku)


def windows(first: date, last: date) -> list[tuple[date, date]]:
    """Return the 30-day windows, two days overlapping, that reach back from `last` to `first`."""
    found: list[tuple[date, date]] = []
    end = last
    while not found or found[-1][0] > first:
        found.append((end - timedelta(days=_WINDOW_DAYS), end))
        end -= timedelta(days=_STEP_DAYS)
    return found


def write_orders(delivery: Delivery, orders: Sequence[Order]) -> None:
    """Write every window of the order report, as it looks now."""
    last = clock.local_day(delivery.now, clock.UTC_ZONE)
    for start, end in windows(delivery.first_day, last):
        opens = clock.moment(start, 0, zone=clock.UTC_ZONE)
        closes = clock.moment(end + timedelta(days=1), 0, zone=clock.UTC_ZONE)
        name = f"amazon/all-orders_{start}_{end}.txt"
        with delivery.sheet(name, ALL_ORDERS, "\t") as sheet:
            for order in orders:
                if opens <= order.created < closes:
                    _write_order(sheet, order, delivery.now)


def _write_order(sheet: Sheet, order: Order, now: int) -> None:
    buyer = people.person(order.buyer)
    status = _status(order, now)
    is_fba = order.location == catalog.FBA
    created = moment(order.created)
    updated = moment(max(t for t in _moments(order) if t <= now))
    for ordinal, line in enumerate(order.lines):
        state = "Cancelled" if line.is_cancelled(now) else status
        row = [
            order.order_id, order.twin or order.order_id, created, updated, status, str(line.line_id),
            "Amazon" if is_fba else "Merchant",
            "Non-Amazon" if order.kind == "mcf" else "Amazon.com", "",
            "Expedited" if is_fba else "Standard", _title(line.sku),
            seller_sku(line.sku, order), catalog.asin(line.sku),
            "Unshipped" if state == "Pending" else state,
            *_money(order, line, ordinal, state, buyer.tax_rate),
            buyer.city, buyer.state, buyer.zip_code, "US",
            "FERN-SAVE-10" if order.discount and not ordinal else "", "", "false", "", "", "false",
            "true" if order.hard == "replacement" else "",
        ]  # fmt: skip
        if order.kind == "fractional_quantity":
            row[14] = "1.5"
        start = sheet.row(row)
        if order.kind in SPOILED_ORDERS:
            sheet.reject(start, order.kind, key=order.order_id)
        elif order.kind == "unmapped_sku_amazon":
            note = f"{row[11]} is not in sku_map; its {cents(line.gross)} stays in sales"
            sheet.remark(start, order.kind, note, order.order_id)
        elif order.hard and not ordinal:
            sheet.remark(start, order.hard, key=order.order_id)


def _moments(order: Order) -> list[int]:
    later = (order.paid, order.shipped, order.delivered, order.cancelled)
    given_up = [line.cancelled for line in order.lines]
    return [order.created, *(instant for instant in (*later, *given_up) if instant is not None)]


def _status(order: Order, now: int) -> str:
    if order.is_cancelled(now):
        return "Cancelled"
    if order.paid > now:
        return "Pending"
    return "Shipped" if order.is_shipped(now) else "Unshipped"


def _money(order: Order, line: Line, ordinal: int, status: str, rate: int) -> list[str]:
    """Return quantity to ship-promotion-discount; money appears when the payment is known."""
    if status == "Cancelled":
        return ["0", *[""] * 9]
    if status == "Pending":
        return [str(line.quantity), *[""] * 9]
    if order.kind == "mcf":
        return [str(line.quantity), catalog.CURRENCY, "0.00", *[""] * 7]
    first = ordinal == 0
    return [
        str(line.quantity), catalog.CURRENCY, cents(line.gross),
        cents(people.tax(line.gross, rate)),
        cents(order.shipping) if first and order.shipping else "",
        "0.00" if first and order.shipping else "", "", "",
        cents(order.discount) if first and order.discount else "", "",
    ]  # fmt: skip


def write_fba_inventory(
    delivery: Delivery,
    on_hand: dict[Place, int],
    reserved: dict[Place, int],
    incoming: dict[Place, int],
) -> None:
    """Write the FBA stock as Amazon counts it; warehouse = fulfillable + unsellable + reserved."""
    with delivery.sheet(
        f"amazon/fba_myi_inventory_{delivery.today}.txt", FBA_INVENTORY, "\t"
    ) as sheet:
        for product in catalog.PRODUCTS:
            place = product.sku, catalog.FBA
            if place not in on_hand:
                continue
            units, held, bad = on_hand[place], reserved.get(place, 0), catalog.unsellable(*place)
            inbound = incoming.get(place, 0)
            sheet.row([
                f"{product.sku}-FBA", f"X00{crc32(place[0].encode()) % 10**7:07d}",
                catalog.asin(product.sku), product.title, "New", cents(product.price), "Yes", "",
                "Yes", units, units - held - bad, bad, held, units + inbound, CUBIC_FEET, 0, inbound,
                0, 0, 0, 0,
            ])  # fmt: skip


def write_planning(delivery: Delivery, on_hand: dict[Place, int]) -> None:
    """Write Amazon's planning report: the volume of a unit, and none of its guesses."""
    name = f"amazon/fba_inventory_planning_{delivery.today}.txt"
    with delivery.sheet(name, PLANNING, "\t") as sheet:
        for product in catalog.PRODUCTS:
            if (place := (product.sku, catalog.FBA)) in on_hand:
                sheet.row([
                    delivery.today, f"{product.sku}-FBA", f"X00{crc32(place[0].encode()) % 10**7:07d}",
                    catalog.asin(product.sku), product.title, "New", on_hand[place], "", "", "", "",
                    CUBIC_FEET, "cubic feet", "US",
                ])  # fmt: skip
