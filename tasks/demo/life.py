"""The life of one order, drawn at its birth: where it ships from, when, and what goes wrong."""

from datetime import date, timedelta
from functools import lru_cache
from random import Random

from tasks.demo import catalog, clock, people
from tasks.demo.demand import Wish
from tasks.demo.orders import Line, Order, Refund
from tasks.demo.stock import Shelves

_DELAYS = (0,) * 45 + (1,) * 48 + (2,) * 4 + (3,) * 2 + (6,)  # working days from order to lorry
_FREE_SHIPPING_FROM = 5000
_WHOLESALE_PERCENT = 60
_AMAZON_FIRST_ITEM = 43_000_000_000_000
_TIKTOK_FIRST_ORDER = 577_100_000_000_000_000
TELEPHONE = 700_000  # the first number of a wholesale order that no sheet counted up


@lru_cache(maxsize=4096)
def _dock_opens(day: date) -> int:
    return clock.moment(day, 10)


def order_id(channel: str, number: int) -> str:
    """Return the id a channel gives its n-th order."""
    if channel == "shopify":
        return f"#{10_000 + number}"
    if channel == "amazon":
        return f"{111 + number % 3}-{number * 7919 % 10**7:07d}-{number:07d}"
    if channel == "tiktok":
        return str(_TIKTOK_FIRST_ORDER + number * 10_007)
    # What is entered by telephone has a series of its own.
    return f"FPT-{number}" if number >= TELEPHONE else f"FPW-{20_000 + number}"


def line_id(order_number: int, ordinal: int) -> int:
    """Return the marketplace's item number of a line."""
    return _AMAZON_FIRST_ITEM + order_number * 64 + ordinal * 7


def place(wish: Wish, number: int, shelves: Shelves, rng: Random) -> Order | None:
    """Return the order a basket becomes, or nothing where the shelves hold none of it."""
    location = _location(wish, shelves, rng)
    lines: list[Line] = []
    for sku, quantity in wish.basket:
        if shelves.take(sku, location, quantity):
            price = catalog.price(sku)
            if wish.channel == "wholesale":
                price = price * _WHOLESALE_PERCENT // 100
            lines.append(Line(sku, quantity, price, line_id(number, len(lines))))
    if not lines:
        return None
    order = Order(
        channel=wish.channel,
        order_id=order_id(wish.channel, number),
        number=number,
        created=wish.created,
        paid=wish.created + 30,
        location=location,
        lines=lines,
        buyer=rng.randrange(people.POOL),
    )
    price_up(order, rng)
    live(order, rng)
    return order


def _location(wish: Wish, shelves: Shelves, rng: Random) -> str:
    """Choose one home for the whole basket, by its first SKU.

    The web shop ships from the main warehouse whatever that stocks, so that its open orders can be
    placed without saying so; the other channels' exports say where each order ships from.
    """
    sku, quantity = wish.basket[0]
    homes = catalog.BY_SKU[sku].locations if sku in catalog.BY_SKU else (catalog.MAIN,)
    if catalog.MAIN not in homes:
        return homes[0]
    if wish.channel == "amazon" and catalog.FBA in homes and rng.random() < 0.6:
        return catalog.FBA
    in_east = shelves.available.get((sku, catalog.EAST), 0) >= quantity
    if wish.channel == "tiktok" and in_east and rng.random() < 0.7:
        return catalog.EAST
    return catalog.MAIN


def price_up(order: Order, rng: Random) -> None:
    """Add shipping, tax and discount, each by its channel's rule."""
    buyer = people.person(order.buyer)
    if order.channel == "shopify":
        if rng.random() < 0.12:
            order.discount = order.gross // 10
        order.shipping = 595 if order.subtotal < _FREE_SHIPPING_FROM else 0
        order.tax = people.tax(order.subtotal, buyer.tax_rate)
    elif order.channel == "amazon":
        if rng.random() < 0.06:
            order.discount = order.lines[0].gross // 10
        if order.location != catalog.FBA and rng.random() < 0.25:
            order.shipping = 499
        order.tax = sum(people.tax(line.gross, buyer.tax_rate) for line in order.lines)
    elif order.channel == "tiktok":
        order.shipping = 499 if order.gross < 2500 else 0
        order.tax = people.tax(order.gross, buyer.tax_rate)


def live(order: Order, rng: Random) -> None:
    """Fix the moments of an order: paid, cancelled or shipped, delivered, refunded, disputed."""
    if order.channel == "wholesale":
        _live_wholesale(order, rng)
        return
    if order.channel == "amazon":
        order.paid = order.created + 300
    if rng.random() < 0.025:
        order.cancelled = order.paid + rng.randint(1, 20) * clock.HOUR
        if order.channel == "shopify" and rng.random() < 0.5:
            order.paid = 0  # never captured: the authorization was voided
        elif order.channel != "amazon":
            order.refund = Refund(order.cancelled, order.total, 0)
        return
    delivered = ship(order, rng)
    if rng.random() < 0.04:
        first = order.lines[0]
        amount = first.price - (order.discount * first.price // order.gross)
        at = delivered + rng.randint(1, 8) * clock.DAY
        whole = order.channel == "shopify" and rng.random() < 0.25
        order.refund = Refund(at, order.total, first.quantity) if whole else Refund(at, amount, 1)
    elif order.channel == "shopify" and rng.random() < 0.003:
        order.disputed = order.created + 15 * clock.DAY


def ship(order: Order, rng: Random) -> int:
    """Fix when an order leaves and return when it arrives.

    It never leaves before the day's deliveries are on the shelf.
    """
    if order.location == catalog.FBA:
        day = clock.local_day(order.paid) + timedelta(days=1)
        order.shipped = _dock_opens(day) + rng.randrange(30 * clock.HOUR)
    else:
        delay = rng.choice(_DELAYS)
        handled = clock.handling_day(order.paid, 14, clock.NEW_YORK)
        first_hour = 4 if delay == 0 else 0  # on the day itself only after the cut-off, at 14:00
        leaves = _dock_opens(clock.working_days_later(handled, delay))
        order.shipped = leaves + first_hour * clock.HOUR + rng.randrange(3 * clock.HOUR)
    order.delivered = order.shipped + rng.randint(40, 110) * clock.HOUR
    return order.delivered


def keep_pending(order: Order, rng: Random) -> None:
    """Let an order's payment take 22 hours, and its life start again from there."""
    order.paid = order.created + 22 * clock.HOUR
    order.refund = None
    ship(order, rng)


def _live_wholesale(order: Order, rng: Random) -> None:
    asked = clock.working_days_later(
        clock.local_day(order.created) + timedelta(days=rng.randint(5, 14)), 0
    )
    order.requested = clock.moment(asked, 23, 59, 59)
    late = rng.randint(1, 4) if rng.random() < 0.08 else 0
    leaves = clock.working_days_later(asked, late)
    order.shipped = _dock_opens(leaves) + rng.randrange(6 * clock.HOUR)
    order.delivered = order.shipped + 3 * clock.DAY
