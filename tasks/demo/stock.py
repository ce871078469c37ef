"""The shelves: what is left to sell, what is ordered from makers, and what was on hand when."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from tasks.demo import catalog, clock
from tasks.demo.orders import Order

Place = tuple[str, str]  # SKU, location

OPENING_DEAD = -3  # a count gone wrong that nobody has fixed: the planted negative stock
OPENING_STAGED = 500, 100  # at the main warehouse and elsewhere: years of hard cases
OPENING_SCARCE = 2  # fewer than the hard case orders that takes them
RECEIVING_HOUR = 9  # deliveries come before anything leaves
_SMOOTHING = 0.04


@dataclass(slots=True)
class Purchase:
    """One line of a purchase order; `deliveries` are the days and units as they will arrive."""

    po_number: str
    supplier: catalog.Supplier
    ordered: date
    promised: date
    product: catalog.Product
    quantity: int
    location: str
    deliveries: list[tuple[date, int]]

    def received(self, last_day: date) -> int:
        """Return the units that arrived up to and with a day."""
        return sum(units for day, units in self.deliveries if day <= last_day)


@dataclass
class Shelves:
    """The running state of the stock; a place is a SKU at a location."""

    daily: dict[Place, float]
    opening: dict[Place, int] = field(default_factory=dict)
    available: dict[Place, int] = field(default_factory=dict)
    on_order: dict[Place, int] = field(default_factory=lambda: defaultdict(int))
    purchases: list[Purchase] = field(default_factory=list)
    _arrivals: dict[date, list[tuple[Place, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _asked: dict[Place, int] = field(default_factory=lambda: defaultdict(int))
    _po_count: int = 0

    def __post_init__(self) -> None:
        for product in catalog.PRODUCTS:
            for location in product.locations:
                place = product.sku, location
                units = int(self.daily.get(place, 0.0) * 34) + 8
                if product.is_dead:
                    units = OPENING_DEAD if location == catalog.MAIN else 21
                elif product.is_staged:
                    units = OPENING_STAGED[location != catalog.MAIN]
                    units = OPENING_SCARCE if place == catalog.SCARCE else units
                self.opening[place] = units
                self.available[place] = units - catalog.unsellable(*place)

    def take(self, sku: str, location: str, quantity: int) -> bool:
        """Reserve a line's parts at a location, all of them or none."""
        wanted = catalog.parts(sku, quantity)
        if any(self.available.get((part, location), 0) < units for part, units in wanted):
            return False
        for part, units in wanted:
            self.available[part, location] -= units
            self._asked[part, location] += units
        return True

    def give_back(self, order: Order) -> None:
        """Free what a cancelled order had reserved."""
        for part, units in order.components():
            self.available[part, order.location] += units

    def oversell(self, sku: str, location: str, quantity: int) -> None:
        """Reserve more than there is: what a wholesale buyer agreed by telephone."""
        self.available[sku, location] -= quantity

    def open_day(self, day: date) -> None:
        """Put the day's deliveries on the shelves; they come before anything ships."""
        for place, units in self._arrivals.pop(day, ()):
            self.available[place] += units
            self.on_order[place] -= units

    def close_day(self, day: date, rng: Random) -> None:
        """Learn from the day's demand and order from the makers whose buying day it is."""
        for place in self.daily:
            self.daily[place] += _SMOOTHING * (self._asked.get(place, 0) - self.daily[place])
        self._asked.clear()
        if not clock.is_working_day(day):
            return
        for index, supplier in enumerate(catalog.SUPPLIERS):
            if index == day.weekday():
                self._review(supplier, day, rng)

    def _review(self, supplier: catalog.Supplier, day: date, rng: Random) -> None:
        """Order up to S what has fallen to s or below; one order per location."""
        for location in catalog.LOCATIONS:
            wanted = [
                (product, units)
                for product in catalog.PRODUCTS
                if product.supplier is supplier and not product.is_dead and not product.is_staged
                if location in product.locations
                if (units := self._shortfall(product, location))
            ]
            if not wanted:
                continue
            self._po_count += 1
            days_late = _days_late(supplier, rng)
            for product, units in wanted:
                self._order(f"PO-{5000 + self._po_count}", product, units, location, day, days_late)
                if rng.random() < 0.03:
                    self._split(self.purchases[-1], rng)
                for arrival, part in self.purchases[-1].deliveries:
                    self._arrivals[arrival].append(((product.sku, location), part))
                self.on_order[product.sku, location] += units

    def _shortfall(self, product: catalog.Product, location: str) -> int:
        place = product.sku, location
        cover = product.supplier.lead_days + product.supplier.review_days
        daily = max(self.daily.get(place, 0.0), 0.05)
        position = self.available[place] + self.on_order[place]
        low = int(daily * cover * 1.15) + 3
        if position > low:
            return 0
        missing = low + int(daily * 30) + 1 - position
        return -(-missing // product.case_pack) * product.case_pack

    def _order(
        self, po: str, product: catalog.Product, units: int, location: str, day: date, late: int
    ) -> None:
        promised = clock.working_days_later(day + timedelta(days=product.supplier.lead_days), 0)
        arrival = clock.working_days_later(promised + timedelta(days=late), 0)
        self.purchases.append(
            Purchase(
                po, product.supplier, day, promised, product, units, location, [(arrival, units)]
            )
        )

    @staticmethod
    def _split(purchase: Purchase, rng: Random) -> None:
        """Let a third of a line come with a later lorry."""
        first_day, units = purchase.deliveries[0]
        rest = units // 3
        if rest:
            later = clock.working_days_later(first_day, rng.randint(3, 7))
            purchase.deliveries[:] = [(first_day, units - rest), (later, rest)]


def _days_late(supplier: catalog.Supplier, rng: Random) -> int:
    if supplier.tardy:
        return rng.randint(6, 19) if rng.random() < 0.65 else 0
    return rng.randint(1, 6) if rng.random() < 0.05 else -rng.randint(0, 2)


def received_through(instant: int) -> date:
    """Return the last day whose deliveries are on the shelves at an instant."""
    day = clock.local_day(instant)
    return day if clock.moment(day, RECEIVING_HOUR) <= instant else day - timedelta(days=1)


def on_hand_at(
    shelves: Shelves, orders: Iterable[Order], instants: Sequence[int]
) -> dict[int, dict[Place, int]]:
    """Return the units on hand of every place at each instant.

    On hand = opening + receipts − shipments; what is reserved is still on the shelf.
    """
    moves: list[tuple[int, Place, int]] = [
        (clock.moment(day, RECEIVING_HOUR), (purchase.product.sku, purchase.location), units)
        for purchase in shelves.purchases
        for day, units in purchase.deliveries
    ]
    moves.extend(
        (left, (sku, order.location), -units)
        for order in orders
        if order.holds_stock
        for left, lines in order.departures()
        for line in lines
        for sku, units in line.parts()
    )
    moves.sort()
    level = dict(shelves.opening)
    levels = {}
    position = 0
    for instant in sorted(set(instants)):
        while position < len(moves) and moves[position][0] <= instant:
            _, place, units = moves[position]
            level[place] += units
            position += 1
        levels[instant] = dict(level)
    return levels


def reserved_at(
    orders: Iterable[Order], instant: int, channel: str | None = None
) -> dict[Place, int]:
    """Return the component units of open orders at an instant, of one channel or of all."""
    reserved: dict[Place, int] = defaultdict(int)
    for order in orders:
        if channel in {None, order.channel}:
            for sku, units in order.held(instant):
                reserved[sku, order.location] += units
    return reserved


def incoming_at(shelves: Shelves, instant: int) -> dict[Place, int]:
    """Return the units ordered before the day of an instant and not yet received."""
    today, last = clock.local_day(instant), received_through(instant)
    coming: dict[Place, int] = defaultdict(int)
    for purchase in shelves.purchases:
        if purchase.ordered < today:
            place = purchase.product.sku, purchase.location
            coming[place] += purchase.quantity - purchase.received(last)
    return coming
