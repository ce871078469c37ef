"""Fern & Pine, lived day by day: the same seed always gives the same shop."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from tasks.demo import catalog, clock, demand, hard, life, mistakes, people
from tasks.demo.orders import Line, Order, Refund
from tasks.demo.stock import Shelves

OPENED = date(2026, 1, 5)
_NUMBER_LOST = 40  # days from one number of the wholesale desk that nobody can show to the next


@dataclass
class Shop:
    """The whole past: orders in the order they were placed, and the shelves."""

    seed: int
    opened: date
    shelves: Shelves
    orders: list[Order] = field(default_factory=list)
    _numbers: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _freed: dict[date, list[Order]] = field(default_factory=lambda: defaultdict(list))

    def _next(self, kind: str) -> int:
        self._numbers[kind] += 1
        return self._numbers[kind]

    def live_day(self, day: date, orders_per_day: float) -> None:
        """Live one New York day: deliveries, freed stock, orders, then buying."""
        rng = Random(f"{self.seed}|{day}")
        self.shelves.open_day(day)
        for order in self._freed.pop(day, ()):
            self.shelves.give_back(order)
        first = len(self.orders)
        for wish in demand.wishes(day, orders_per_day, rng):
            number = self._numbers[wish.channel] + 1
            placed = life.place(wish, number, self.shelves, rng)
            if placed is not None:
                self._next(wish.channel)
                self._keep(placed)
        self._plant(day, self.orders[first:], rng)
        for order in hard.orders_of(self.seed, day, lambda: self._next("hard")):
            self.orders.append(order)
        self.orders[first:] = sorted(self.orders[first:], key=lambda order: order.created)
        self.shelves.close_day(day, rng)

    def _keep(self, order: Order) -> None:
        self.orders.append(order)
        if order.cancelled is not None:
            self._freed[clock.local_day(order.cancelled) + timedelta(days=1)].append(order)

    def _plant(self, day: date, today: list[Order], rng: Random) -> None:
        """Add what an ordinary day does not have: oddities and the mistakes of the day."""
        _blemish([o for o in today if o.channel == "shopify" and o.shipped is not None], day)
        in_fba = [o for o in today if o.location == catalog.FBA and o.shipped is not None]
        if in_fba:
            life.keep_pending(in_fba[0], rng)
        ordinal = day.toordinal()
        if ordinal % 7 == 5:
            self._extra("shopify", "pos", day, 15, rng)
        if ordinal % 7 == 2:
            self._extra("amazon", "mcf", day, 10, rng)
        if ordinal % 30 == 9:
            self._extra("shopify", "test", day, 12, rng)
        if ordinal % 9 == 4:
            for original in [o for o in today if o.channel == "tiktok"][:1]:
                self._copy_to_web_shop(original)
        if ordinal % 7 == 1:
            self._oversell(day, rng)
        if ordinal % _NUMBER_LOST == 0:
            self._next("wholesale")  # its order is in no file
        for kind, mistake in {**mistakes.SPOILED_ORDERS, **mistakes.NAMELESS_ORDERS}.items():
            if mistakes.happens(mistake, day):
                self._extra(mistake.channel, kind, day, 11, rng)

    def _extra(self, channel: str, kind: str, day: date, hour: int, rng: Random) -> None:
        """Add a one-line order to the day's demand, under an id of its own series."""
        location = catalog.FBA if kind == "mcf" else catalog.MAIN
        skus = [
            product.sku
            for product in catalog.PRODUCTS
            if location in product.locations and product.sku in catalog.ASSORTMENT[channel]
        ]
        sku = rng.choice(skus)
        quantity = 6 if channel == "wholesale" else 1
        takes = kind in {"pos", "mcf"}
        if takes and not self.shelves.take(sku, location, quantity):
            return
        number = 900_000 + self._next("extra")
        created = clock.moment(day, hour, number % 60)
        price = catalog.price(sku) * (60 if channel == "wholesale" else 100) // 100
        order = Order(
            channel=channel,
            order_id=_extra_id(channel, kind, number),
            number=number,
            created=created,
            paid=created + 30,
            location=location,
            lines=[Line(sku, quantity, price, life.line_id(number, 0))],
            buyer=rng.randrange(people.POOL),
            kind=kind,
            shipped=created if kind == "pos" else created + 100 * 60,
            requested=created + 9 * clock.DAY,
        )
        if channel == "shopify":
            rate = people.person(order.buyer).tax_rate
            order.tax = people.tax(order.subtotal, rate)
        order.delivered = order.created + 3 * clock.DAY
        self.orders.append(order)

    def _copy_to_web_shop(self, original: Order) -> None:
        """Show a TikTok order in the web shop too, as the connector app does."""
        number = 800_000 + self._next("copy")
        self.orders.append(
            Order(
                channel="shopify",
                order_id=f"#TT{number - 798_000}",
                number=number,
                created=original.created + 90,
                paid=original.paid,
                location=original.location,
                lines=original.lines,
                buyer=original.buyer,
                kind="synced",
                shipped=original.shipped,
                delivered=original.delivered,
                cancelled=original.cancelled,
                shipping=original.shipping,
                tax=original.tax,
                refund=original.refund,
                twin=original.order_id,
            )
        )

    def _oversell(self, day: date, rng: Random) -> None:
        """Let a wholesale buyer order more than there is, and give up nine days later."""
        sku = rng.choice([s for s in catalog.ASSORTMENT["wholesale"] if s.endswith("-03")])
        quantity = max(self.shelves.available[sku, catalog.MAIN], 0) + 24
        self.shelves.oversell(sku, catalog.MAIN, quantity)
        number = self._next("wholesale")
        price = catalog.price(sku) * 60 // 100
        order = Order(
            channel="wholesale",
            order_id=life.order_id("wholesale", number),
            number=number,
            created=clock.moment(day, 10, 5),
            paid=clock.moment(day, 10, 5),
            location=catalog.MAIN,
            lines=[Line(sku, quantity, price, life.line_id(number, 0))],
            buyer=rng.randrange(people.POOL),
            flaw="oversold_sku",
            cancelled=clock.moment(day + timedelta(days=9), 10),
            requested=clock.moment(day + timedelta(days=21), 23, 59, 59),
        )
        self._keep(order)


def _blemish(web: list[Order], day: date) -> None:
    """Give a web order of the day the flaw the day is due, if any."""
    if web and _is_dst_end(day):
        # 01:30 comes twice on this night; this is the second time.
        web[0].created = clock.moment(day, 1, 30) + clock.HOUR
        web[0].paid = web[0].created + 30
        web[0].flaw = "dst_hour"
        return
    quiet = [order for order in web if order.refund is None and order.disputed is None]
    for kind, flaw in mistakes.FLAWS.items():
        if not quiet or not mistakes.happens(flaw, day):
            continue
        order = quiet[0]
        shipped = order.shipped or order.created
        order.flaw = kind
        if kind == "shipped_before_paid":
            order.paid = shipped + 2 * clock.HOUR
        elif kind == "refund_larger_than_order":
            order.refund = Refund(shipped + 5 * clock.DAY, order.total + 2500, 1)


def _extra_id(channel: str, kind: str, number: int) -> str:
    if kind == "mcf":
        return f"S01-{number:07d}-{number * 31 % 10**7:07d}"
    if kind == "test":
        return f"#T{number - 899_000}"
    return life.order_id(channel, number)


def _is_dst_end(day: date) -> bool:
    """Return whether the clocks of New York go back on this day."""
    return clock.moment(day, 12) - clock.moment(day, 0) == 13 * clock.HOUR


def live(seed: int, opened: date, last_day: date, orders_per_day: float) -> Shop:
    """Return the shop as it is after `last_day`, lived from its opening."""
    daily = demand.expected_daily_units(opened, orders_per_day)
    shop = Shop(seed, opened, Shelves(daily))
    day = opened
    while day <= last_day:
        shop.live_day(day, orders_per_day)
        day += timedelta(days=1)
    return shop
