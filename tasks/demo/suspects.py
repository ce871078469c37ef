"""Orders of the web shop that somebody should look at before they leave, and what is wrong with their returns.

Each is a pure change of cells that no other figure goes by, and follows from the order alone, so that
two exports agree about it: risk, bill, phone, address, e-mail, shipping method, the moment of payment.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from tasks.demo import catalog, clock, people
from tasks.demo.orders import Order
from tasks.demo.people import Person

UNKNOWN_METHOD, ODD_REASON = "Same-day courier", "does not spark joy"
_FORWARDER_STREET, _FORWARDER_ZIP = "1 Forwarder Way", "11430"
_PHONE = "+1 212-555-0177"
_RETURNER = "again.and.again@example.com"
_ONE_IN = {"forwarded": 60, "returner": 5, "paid_early": 90, "odd_reason": 12}
# As the shop's file has them; money in cents.
_DAYS, _CANCELLED, _BUYERS, _GRADE_DAYS, _WINDOW_DAYS, _LARGE = 30, 3, 4, 7, 30, 150_00


class Back(Protocol):
    """Units of an order that came back."""

    @property
    def order(self) -> Order:
        """The order they are of."""

    @property
    def at(self) -> int:
        """When they came back."""

    @property
    def units(self) -> int:
        """How many they are."""

    @property
    def disposition(self) -> str:
        """What became of them; empty where nobody has said it."""

    @property
    def reason(self) -> str:
        """Why the buyer sent them back."""


def _is_web(order: Order) -> bool:
    return order.channel == "shopify" and order.kind == "web"


def _is_one(order: Order, kind: str) -> bool:
    return _is_web(order) and not order.hard and order.number % _ONE_IN[kind] == 1


def buyer(order: Order) -> Person:
    """Return the buyer of a web order as the export shows them."""
    found = people.person(order.buyer)
    if _is_one(order, "returner") and order.refund is not None and order.refund.units:
        found = found._replace(email=_RETURNER)
    if _is_web(order) and (order.hard == "scheduled" or _is_one(order, "forwarded")):
        found = found._replace(street=_FORWARDER_STREET, zip_code=_FORWARDER_ZIP)
    if _is_web(order) and (order.hard == "partially_paid" or _has_cancelled(order)):
        found = found._replace(phone=_PHONE)
    return found


def _has_cancelled(order: Order) -> bool:
    return order.cancelled is not None and not order.hard


def risk(order: Order) -> str:
    """Return what the web shop says of the risk of an order."""
    return "High" if order.hard == "on_hold" else "Low"


def bill_country(order: Order) -> str:
    """Return the country of the bill."""
    return "CA" if order.hard == "on_hold" else "US"


def shipping_method(order: Order) -> str:
    """Return how an order is to be sent."""
    if order.kind == "pos":
        return ""
    if order.hard == "payment_authorized":
        return UNKNOWN_METHOD
    return "Standard" if order.shipping else "Free shipping"


def paid(order: Order) -> int:
    """Return the moment of payment that the export states; 0 where it states none."""
    if _is_one(order, "paid_early") and order.paid and not order.flaw:
        return order.created - 2 * clock.HOUR
    return order.paid


def odd_reason(order: Order, reason: str) -> str:
    """Return why goods come back: now and then in words that are in no list."""
    return ODD_REASON if order.number % _ONE_IN["odd_reason"] == 1 else reason


def truth(orders: Sequence[Order], back: Sequence[Back], now: int) -> dict[str, Any]:
    """Return what a careful reader finds: orders to look at with the reasons, and returns."""
    web = [order for order in orders if _is_web(order)]
    waiting = [order for order in web if order.is_open(now) and not order.is_void]
    month = now - _DAYS * clock.DAY
    seen = _Seen(web, now)
    return {
        "fraud": {
            order.order_id: reasons
            for order in waiting
            if not order.is_closed(now) and (reasons := _reasons(order, seen))
        },
        "large_orders": sorted(
            order.order_id
            for order in orders
            if order.channel
            in ("shopify", "tiktok")  # the others' orders state no total, or are on terms
            and order.kind == "web"
            and order.is_open(now)
            and not order.is_void
            and not order.is_closed(now)
            and order.total >= _LARGE
        ),
        "unknown_shipping_methods": sorted(
            order.order_id for order in waiting if shipping_method(order) == UNKNOWN_METHOD
        ),
        "impossible_dates": sorted(
            order.order_id for order in web if order.created >= month and paid(order) != order.paid
        ),
        "odd_reason_units": sum(each.units for each in back if each.reason == ODD_REASON),
        "ungraded_units": _ungraded(back, now),
        "outside_policy": sorted(each.order.order_id for each in back if _is_late(each, month)),
        "high_return_skus": [catalog.RETURNED_SKU],
    }


def _is_late(each: Back, since: int) -> bool:
    """Return whether goods came back lately, and later than the shop takes them."""
    arrived = each.order.delivered
    return arrived is not None and each.at >= max(since, arrived + _WINDOW_DAYS * clock.DAY)


class _Seen:
    """What the web shop has seen before: cancelled orders by phone, buyers by address, each with its moment."""

    def __init__(self, web: Iterable[Order], now: int) -> None:
        self.cancelled: dict[str, list[int]] = {}
        self.buyers: dict[tuple[str, str], list[tuple[int, str]]] = {}
        for order in web:
            person = buyer(order)
            place = person.street, person.zip_code
            self.buyers.setdefault(place, []).append((order.created, person.email))
            if order.is_cancelled(now):
                self.cancelled.setdefault(person.phone, []).append(order.created)


def _reasons(order: Order, seen: _Seen) -> list[str]:
    """Return the planted rules that an order meets."""
    since, mine = order.created - _DAYS * clock.DAY, buyer(order)
    cancelled = [at for at in seen.cancelled.get(mine.phone, ()) if since <= at < order.created]
    buyers = {
        email
        for at, email in seen.buyers[mine.street, mine.zip_code]
        if since <= at <= order.created
    }
    rules = {
        "risk": risk(order) == "High",
        "country": bill_country(order) != "US",
        "phone": len(cancelled) >= _CANCELLED,
        "address": len(buyers) >= _BUYERS,
    }
    return [rule for rule, is_met in rules.items() if is_met]


def _ungraded(back: Iterable[Back], now: int) -> dict[str, int]:
    """Return by place the units that came back a week ago or earlier and have no verdict."""
    units: dict[str, int] = {}
    for each in back:
        is_old = each.at < now - _GRADE_DAYS * clock.DAY
        if each.order.location != catalog.FBA and not each.disposition and is_old:
            units[each.order.location] = units.get(each.order.location, 0) + each.units
    return dict(sorted(units.items()))
