"""The web shop's orders as its API gives them: a file next to the export, of orders that were edited."""

from collections.abc import Sequence
from typing import Any

from tasks.demo import catalog, clock, people
from tasks.demo.delivery import Delivery, cents
from tasks.demo.orders import Line, Order
from tasks.demo.shopify import own_id, payment_method


def is_api_only(order: Order) -> bool:
    """Return whether an order is in the API's file, and not in the export."""
    return order.hard == "edited_order"


def write_orders(delivery: Delivery, orders: Sequence[Order]) -> None:
    """Write what the API answers about the orders, newest first."""
    api_only = [order for order in reversed(orders) if is_api_only(order)]
    if not api_only:
        return
    name = f"shopify/orders_api_{delivery.today}.json"
    content = {"orders": [_order(order, delivery.now) for order in api_only]}
    delivery.document(name, content, rows=sum(len(order.lines) for order in api_only))
    for order in api_only:
        delivery.anomaly(order.hard, name, key=order.order_id)


def _moment(instant: int) -> str:
    return clock.wall(instant).isoformat()


def _order(order: Order, now: int) -> dict[str, Any]:
    """Return an order that was edited, waits, and is given up in the end."""
    buyer = people.person(order.buyer)
    address = {
        "name": buyer.name, "address1": buyer.street, "city": buyer.city, "zip": buyer.zip_code,
        "province_code": buyer.state, "country_code": "US", "phone": buyer.phone,
    }  # fmt: skip
    edited = order.refund if order.refund and order.refund.at <= now else None
    gone = order.cancelled if order.cancelled and order.cancelled <= now else None
    refunds = [(edited.at, edited.amount)] if edited else []
    if gone and edited:
        refunds.append((gone, order.total - edited.amount))
    return {
        "id": int(own_id(order)), "name": order.order_id, "email": buyer.email,
        "created_at": _moment(order.created),
        "updated_at": _moment(gone or (edited.at if edited else order.created)),
        "cancelled_at": _moment(gone) if gone else None,
        "currency": catalog.CURRENCY, "test": False, "taxes_included": False,
        "financial_status": ("paid", "partially_refunded", "refunded")[len(refunds)],
        "fulfillment_status": None, "fulfillments": [],
        "payment_gateway_names": [payment_method(order)], "source_name": "web",
        "subtotal_price": cents(order.subtotal), "total_discounts": cents(order.discount),
        "total_tax": cents(order.tax), "total_price": cents(order.total),
        "total_shipping_price_set": {"shop_money": {"amount": cents(order.shipping)}},
        "refunds": [_refund(at, amount) for at, amount in refunds],
        "billing_address": address, "shipping_address": address, "note_attributes": [],
        "line_items": [_line(line, 0 if gone else line.units) for line in order.lines],
    }  # fmt: skip


def _refund(at: int, amount: int) -> dict[str, Any]:
    given = {"amount": cents(amount), "kind": "refund", "status": "success"}
    return {"created_at": _moment(at), "transactions": [given]}


def _line(line: Line, waiting: int) -> dict[str, Any]:
    return {
        "id": line.line_id, "sku": line.sku, "title": catalog.title(line.sku),
        "quantity": line.quantity, "current_quantity": waiting, "fulfillable_quantity": waiting,
        "fulfillment_status": None, "price": cents(line.price),
        "requires_shipping": line.needs_shipping, "gift_card": False,
        "tax_lines": [], "discount_allocations": [],
    }  # fmt: skip
