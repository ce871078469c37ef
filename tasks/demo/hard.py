"""The hard cases: orders that a shop really has and that a hasty reader gets wrong.

Each kind comes on its own days and draws from its own stream, sells only staged goods, which no
ordinary order buys, and so moves no other figure. One that waits for something waits `WAITING`
days: longer than its period, so that on any day one of the kind is waiting.
"""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from random import Random
from typing import Any, NamedTuple

from tasks.demo import catalog, clock, life, people, stock
from tasks.demo.orders import Line, Order, Refund

WAITING = 40
FIRST_NUMBER = life.TELEPHONE
LOST = "lost_parcel"
COMES_BACK, PARTLY_IN_STOCK, DATED_BUNDLE = "comes_back", "partly_in_stock", "dated_bundle"
BACK_AFTER, BACK_LATE = 4, 40  # days from its arrival
SCARCE_UNITS = 3
_TEST_CARD = "4111 1111 1111 1111"


class Case(NamedTuple):
    """A kind of hard case: where, on which day of its period, and what is right for it."""

    channel: str
    phase: int
    period: int
    treatment: str
    note: str


CASES = {
    "partial_shipment": Case(
        "shopify", 1, 30, "what left is shipped, the rest is held, due and late",
        "the first parcel of two has left",
    ),
    "on_hold": Case("shopify", 4, 30, "sale, held, not due", "on hold at the 3PL"),
    "scheduled": Case("shopify", 7, 30, "sale, held, not due", "to leave later"),
    "cod_reachable": Case(
        "shopify", 10, 30, "sale whose money comes later; due",
        "cash on delivery, phone and address are good",
    ),
    "cod_unreachable": Case(
        "shopify", 13, 30, "sale whose money comes later; held, not due",
        "cash on delivery, no phone and no street",
    ),
    "payment_voided": Case("shopify", 16, 30, "no sale, holds nothing", "voided, not cancelled"),
    "payment_expired": Case("shopify", 19, 30, "no sale, holds nothing", "expired, not cancelled"),
    "payment_authorized": Case("shopify", 22, 30, "sale, held, not due", "not captured yet"),
    "partially_paid": Case("shopify", 25, 30, "sale, held, not due", "the balance is outstanding"),
    "refunded_before_shipping": Case(
        "shopify", 28, 30, "sale and refund, no demand, holds nothing", "refunded, never cancelled"
    ),
    "restocked": Case(
        "shopify", 2, 30, "sale and refund, no demand, holds nothing", "refunded and restocked"
    ),
    "gift_card": Case(
        "shopify", 5, 30, "sale; the gift card is no demand", "a line that needs no shipping"
    ),
    "free_gift": Case("shopify", 8, 30, "a sale of 0.00, and demand", "a line priced 0.00"),
    "same_number": Case(
        "shopify", 11, 30, "two orders; the parcel of one does not ship the other",
        "two orders with one number",
    ),
    "edited_order": Case(
        "shopify", 23, 30, "what is left of it is demand and held",
        "one of three units edited away and refunded; only the API shows it",
    ),
    "sent_by_amazon": Case(
        "shopify", 3, 10, "one sale; held at Amazon, never due",
        "multi-channel fulfilment: Amazon's report has it too",
    ),
    "replacement": Case("amazon", 14, 30, "no demand, but it leaves our shelf", "sent for nothing"),
    "item_cancelled_amazon": Case("amazon", 6, 15, "the other item is sold", "one item of two"),
    "item_cancelled_tiktok": Case("tiktok", 9, 15, "the other line is sold", "one line of two"),
    "preorder": Case("tiktok", 17, 30, "sale, held, not due", "leaves when the goods come"),
    "sent_by_tiktok": Case("tiktok", 12, 15, "sale and demand; not our stock", "from its warehouse"),
    LOST: Case("tiktok", 20, 30, "sale and demand; looked for", "its arrival is never stated"),
    "credit_hold": Case("wholesale", 20, 30, "sale, held, not due", "on hold for credit"),
    "bulk_order": Case("wholesale", 50, 90, "sale; no pattern of demand", "144 units, once"),
    COMES_BACK: Case(
        "shopify", 1, 3, "sale; every other order is sent back", "its goods disappoint: one SKU"
    ),
    PARTLY_IN_STOCK: Case(
        "tiktok", 12, 30, "sale, held, due; the shelf has a part of it", "three of two on the shelf"
    ),
    DATED_BUNDLE: Case(
        "wholesale", 4, 5, "sale; due by the day that was promised, part by part",
        "a bundle by a guaranteed date",
    ),
}  # fmt: skip
SPOILED = {
    "card_number": Case(
        "shopify", 85, 90, "quarantine row", "a card number in the note, a well-known test number"
    )
}


def orders_of(seed: int, day: date, next_number: Callable[[], int]) -> list[Order]:
    """Return the hard cases placed on a day."""
    found: list[Order] = []
    for kind, case in {**CASES, **SPOILED}.items():
        if day.toordinal() % case.period == case.phase:
            rng = Random(f"{seed}|{kind}|{day}")
            found.extend(_case(kind, case, day, next_number, rng))
    return found


def _case(
    kind: str, case: Case, day: date, next_number: Callable[[], int], rng: Random
) -> list[Order]:
    order = _ordinary(kind, case.channel, day, FIRST_NUMBER + next_number(), rng)
    wait = day + timedelta(days=WAITING)
    resolved = clock.moment(clock.working_days_later(wait, 0), 11, order.number % 60)
    first, *others = order.lines
    if kind == "partial_shipment":
        order.lines = [first._replace(left=order.shipped), *others]
        order.shipped = resolved
    elif kind in {"on_hold", "scheduled", "preorder"}:
        order.waits, order.shipped = kind, resolved
        order.location = catalog.EAST if kind == "on_hold" else catalog.MAIN
    elif kind == "credit_hold":
        order.waits, order.shipped = "credit hold", resolved
    elif kind == "cod_reachable":
        order.unpaid, order.paid = "pending", order.created + 4 * clock.DAY
    elif kind == "cod_unreachable":
        order.unpaid, order.paid, order.shipped, order.cancelled = "pending", 0, None, resolved
    elif kind in {"payment_voided", "payment_expired"}:
        order.unpaid, order.paid, order.shipped = kind.removeprefix("payment_"), 0, None
    elif kind in {"payment_authorized", "partially_paid"}:
        order.unpaid = "authorized" if kind == "payment_authorized" else kind
        order.paid, order.shipped = resolved - clock.HOUR, resolved
    elif kind in {"refunded_before_shipping", "restocked"}:
        order.shipped = None
        order.refund = Refund(order.created + 2 * clock.HOUR, order.total, 0)
        order.waits = "restocked" if kind == "restocked" else ""
    elif kind == "same_number":
        other = _ordinary(kind, case.channel, day, FIRST_NUMBER + next_number(), rng)
        other.order_id = order.order_id
        other.created += 5 * clock.HOUR
        other.paid, other.shipped = other.created + 30, resolved
        return [order, other]
    elif kind == "sent_by_amazon":
        order.location, order.shipper = catalog.FBA, "amazon"
        order.shipped = order.created + 11 * clock.DAY
        return [order, _at_amazon(order)]
    elif kind == "sent_by_tiktok":
        order.location, order.shipper = "FBT ONT8", "tiktok"
    elif kind == "edited_order":
        order.lines = [first._replace(quantity=3, removed=1), *others]
        order.gross = 3 * first.price
        order.tax = people.tax(order.gross, people.person(order.buyer).tax_rate)
        order.refund = Refund(order.created + 600, first.price, 0)
        order.shipped, order.cancelled = None, resolved
    elif kind in {"item_cancelled_amazon", "item_cancelled_tiktok"}:
        order.lines = [first._replace(cancelled=order.created + 3 * clock.HOUR), *others]
    elif kind == PARTLY_IN_STOCK:
        order.location, order.shipped, order.cancelled = catalog.EAST, None, resolved
    elif kind == DATED_BUNDLE:
        order.requested = _end_of(clock.working_days_later(day + timedelta(days=5), 0))
        order.shipped = order.requested - 8 * clock.HOUR
    if order.shipped is not None:
        order.delivered = order.shipped + 3 * clock.DAY
    turn = day.toordinal() // case.period
    if kind == COMES_BACK and order.delivered is not None and turn % 2 == 0:
        days = BACK_LATE if turn % 10 == 0 else BACK_AFTER
        order.refund = Refund(order.delivered + days * clock.DAY, order.total, first.quantity)
    return [order]


def _ordinary(kind: str, channel: str, day: date, number: int, rng: Random) -> Order:
    """Return an order of staged goods that is paid at once and leaves on the next working day."""
    created = clock.moment(day, 10, number % 60)
    leaves = clock.working_days_later(clock.handling_day(created, 14, clock.NEW_YORK), 1)
    skus = _skus(kind, day, rng)
    order = Order(
        channel=channel,
        order_id=life.order_id(channel, number),
        number=number,
        created=created,
        paid=created + 30,
        location=catalog.MAIN,
        lines=[
            Line(*_line(kind, channel, sku, ordinal, rng), life.line_id(number, ordinal))
            for ordinal, sku in enumerate(skus)
        ],
        # Every twelfth buyer pays by PayPal: no payout of the web shop's own is touched.
        buyer=rng.randrange(people.POOL // 12) * 12,
        kind=kind if kind in SPOILED else "web",
        hard="" if kind in SPOILED else kind,
        shipped=clock.moment(leaves, 11, number % 60),
    )
    if kind == "gift_card":
        order.lines.append(
            Line(catalog.GIFT_CARD, 1, 2500, life.line_id(number, 2), needs_shipping=False)
        )
        order.gross += 2500
    if channel == "wholesale":
        asked = clock.working_days_later(day + timedelta(days=9), 0)
        order.requested = _end_of(asked)
        order.shipped = clock.moment(asked, 11)
    elif channel != "amazon":
        order.tax = people.tax(order.gross, people.person(order.buyer).tax_rate)
    order.delivered = (order.shipped or created) + 3 * clock.DAY
    return order


_TWO_LINES = {
    "partial_shipment", "free_gift", "item_cancelled_amazon", "item_cancelled_tiktok",
}  # fmt: skip


def _skus(kind: str, day: date, rng: Random) -> list[str]:
    """Return what an order of a kind is of: staged goods, any of them where it does not matter."""
    at_amazon = kind == "sent_by_amazon"
    goods = [p.sku for p in catalog.STAGED if not at_amazon or catalog.FBA in p.locations]
    chosen = rng.sample(goods, 2 if kind in _TWO_LINES else 1)
    if kind == "bulk_order":
        return [goods[day.toordinal() // 90 % len(goods)]]
    return [_ALWAYS[kind]] if kind in _ALWAYS else chosen


_ALWAYS = {
    "on_hold": catalog.STAGED[1].sku,  # one SKU, committed at two places
    "scheduled": catalog.STAGED[1].sku,
    COMES_BACK: catalog.RETURNED_SKU,
    PARTLY_IN_STOCK: catalog.SCARCE[0],
    DATED_BUNDLE: catalog.STAGED_BUNDLE.sku,
}


def _line(kind: str, channel: str, sku: str, ordinal: int, rng: Random) -> tuple[str, int, int]:
    """Return SKU, quantity and price of a line."""
    quantity, price = rng.randint(1, 3), catalog.price(sku)
    if channel == "wholesale":
        quantity, price = (144 if kind == "bulk_order" else 4), price * 60 // 100
    if kind == "replacement" or (kind == "free_gift" and ordinal):
        quantity, price = 1, 0
    if kind in (COMES_BACK, PARTLY_IN_STOCK):
        quantity = SCARCE_UNITS if kind == PARTLY_IN_STOCK else 2
    return sku, quantity, price


def _end_of(day: date) -> int:
    return clock.moment(day, 23, 59, 59)


def _at_amazon(order: Order) -> Order:
    """Return what Amazon's report says of an order that it sends for the web shop."""
    number = order.number
    return Order(
        channel="amazon",
        order_id=f"S01-{number:07d}-{number * 31 % 10**7:07d}",
        number=number,
        created=order.created + 600,
        paid=order.created + 600,
        location=catalog.FBA,
        lines=order.lines,
        buyer=order.buyer,
        kind="mcf",
        hard=order.hard,
        shipped=order.shipped,
        delivered=order.shipped,
        twin=order.order_id,
    )


def note(order: Order) -> str:
    """Return what somebody typed into the note of an order."""
    return f"took card {_TEST_CARD} 09/29 by phone" if order.kind == "card_number" else ""


def verdicts(
    orders: Iterable[Order],
    now: int,
    order_key: Callable[[Order], str],
    channel_sku: Callable[[Order, str], str],
) -> list[dict[str, Any]]:
    """Return what is right for every line of the hard cases at `now`."""
    return [
        {
            "kind": order.hard,
            "channel": order.channel,
            "order_id": order_key(order),
            "lines": [
                {"channel_sku": channel_sku(order, line.sku), **_verdict(order, line, now)}
                for line in order.lines
            ],
        }
        for order in orders
        if order.hard
    ]  # fmt: skip


def picking(orders: Iterable[Order], now: int) -> dict[str, dict[str, Any]]:
    """Return what a picker meets: units that an order lacks, and bundles by the day they are due."""
    waiting = [order for order in orders if order.is_due(now) and order.is_open(now)]
    left, short = stock.OPENING_SCARCE, {}
    for order in (order for order in waiting if order.hard == PARTLY_IN_STOCK):
        missing = max(0, order.units - left)
        left = max(0, left - order.units)
        if 0 < missing < order.units:
            short[order.order_id] = missing
    bundles = {
        order.order_id: {"due": str(clock.local_day(order.requested)), "parts": order.components()}
        for order in waiting
        if order.hard == DATED_BUNDLE
    }
    return {"partly_in_stock": short, "dated_bundles": bundles}


def _verdict(order: Order, line: Line, now: int) -> dict[str, Any]:
    is_sale = order.is_sale(now) and not line.is_cancelled(now)
    parts = line.parts()
    return {
        "is_sale": is_sale,
        "demand": line.units if is_sale and parts and parts[0] in order.wanted(now) else 0,
        "open_held": line.units if parts and parts[0] in order.held(now) else 0,
        "is_to_ship": is_sale and line.needs_shipping and order.is_due(now),
    }
