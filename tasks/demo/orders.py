"""One order as it happened: every moment of its life is fixed when it is drawn.

An export of any later day asks the order how it looked at that day's moment, so that two exports
always give the same past.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from tasks.demo import catalog
from tasks.demo.mistakes import NAMELESS_ORDERS

# What a channel calls a payment that never came; the order is not cancelled and yet no sale.
NEVER_PAID = {"voided", "expired"}


class Line(NamedTuple):
    """One ordered line; money in cents.

    `left` is the moment it left by a parcel of its own, `cancelled` that of its own cancellation;
    `removed` units were edited away right after the order was placed.
    """

    sku: str
    quantity: int
    price: int
    line_id: int
    needs_shipping: bool = True
    left: int | None = None
    cancelled: int | None = None
    removed: int = 0

    @property
    def units(self) -> int:
        """Units that are left of it after the order was edited."""
        return self.quantity - self.removed

    @property
    def gross(self) -> int:
        """Quantity × unit price, before discounts."""
        return self.quantity * self.price

    def is_cancelled(self, now: int) -> bool:
        """Return whether this line alone was cancelled by `now`."""
        return self.cancelled is not None and self.cancelled <= now

    def parts(self) -> tuple[tuple[str, int], ...]:
        """Return SKU and units of what the line takes from a shelf."""
        return catalog.parts(self.sku, self.units) if self.needs_shipping else ()


class Refund(NamedTuple):
    """Money that goes back to the buyer; `units` of the first line come with it."""

    at: int
    amount: int
    units: int


@dataclass(slots=True)
class Order:
    """An order of any channel; moments in seconds UTC, money in cents.

    `kind` is web, pos, test, synced, mcf, or the name of the mistake the whole order is.
    `flaw` names a mistake inside an order that is otherwise good, `hard` the hard case it is (see
    `hard.CASES`): then `unpaid` is the channel's word for a payment that has not come, `waits` its
    word for an order that does not leave yet, and `shipper` who sends it, where that is not us.
    """

    channel: str
    order_id: str
    number: int
    created: int
    paid: int
    location: str
    lines: list[Line]
    buyer: int
    kind: str = "web"
    flaw: str = ""
    shipped: int | None = None
    delivered: int | None = None
    cancelled: int | None = None
    shipping: int = 0
    tax: int = 0
    discount: int = 0
    refund: Refund | None = None
    requested: int = 0
    disputed: int | None = None
    twin: str = ""
    hard: str = ""
    unpaid: str = ""
    waits: str = ""
    shipper: str = ""
    gross: int = field(init=False)  # Σ quantity × unit price of the lines, before discounts

    def __post_init__(self) -> None:
        self.gross = sum(line.quantity * line.price for line in self.lines)

    @property
    def subtotal(self) -> int:
        """Gross less the order's discount."""
        return self.gross - self.discount

    @property
    def total(self) -> int:
        """What the buyer pays: subtotal, shipping and tax."""
        return self.subtotal + self.shipping + self.tax

    @property
    def units(self) -> int:
        """Ordered units, a bundle counting as one."""
        return sum(line.quantity for line in self.lines)

    def is_cancelled(self, now: int) -> bool:
        """Return whether the order was cancelled by `now`."""
        return self.cancelled is not None and self.cancelled <= now

    def is_shipped(self, now: int) -> bool:
        """Return whether the order had left by `now`."""
        return self.shipped is not None and self.shipped <= now

    def is_open(self, now: int) -> bool:
        """Return whether the order still waits on a shelf at `now`."""
        return self.created <= now and not self.is_cancelled(now) and not self.is_shipped(now)

    def is_sale(self, now: int) -> bool:
        """Return whether its money counts at `now`."""
        return self.counts and not self.is_cancelled(now) and not self.is_void

    @property
    def is_void(self) -> bool:
        """Whether its payment never came and never will."""
        return self.unpaid in NEVER_PAID

    def is_closed(self, now: int) -> bool:
        """Return whether all money went back before anything left: nobody waits for it."""
        return 0 < self.total <= self.refunded(now) and not self.is_shipped(now)

    def is_due(self, now: int) -> bool:
        """Return whether we owe its departure at `now`, or have sent it: not held, paid or payable."""
        if not self.is_sale(now) or self.is_closed(now) or self.shipper:
            return False
        if self.is_shipped(now):
            return True
        return not self.waits and self.is_released(now)

    def is_released(self, now: int) -> bool:
        """Return whether its payment lets it leave at `now`."""
        is_on_terms = self.channel == "wholesale"
        return is_on_terms or self.hard == "cod_reachable" or 0 < self.paid <= now

    def sold(self, now: int) -> list[Line]:
        """Return the lines whose money counts at `now`, given that the order is a sale."""
        return [line for line in self.lines if not line.is_cancelled(now)]

    def wanted(self, now: int) -> list[tuple[str, int]]:
        """Return SKU and units of what a buyer of a sale wants from our shelves, bundles apart."""
        if not self.is_sale(now) or self.is_closed(now) or self.kind in NAMELESS_ORDERS:
            return []
        if self.hard == "replacement":
            return []
        return [part for line in self.sold(now) for part in line.parts()]

    def held(self, now: int) -> list[tuple[str, int]]:
        """Return SKU and units that are on a shelf for the order at `now`."""
        if not self.holds_stock or not self.is_open(now) or self.is_void or self.is_closed(now):
            return []
        return [
            part for line in self.sold(now) if not self.has_left(line, now) for part in line.parts()
        ]

    def has_left(self, line: Line, now: int) -> bool:
        """Return whether a line had left by `now`."""
        left = line.left if line.left is not None else self.shipped
        return left is not None and left <= now and not line.is_cancelled(left)

    def departures(self) -> list[tuple[int, list[Line]]]:
        """Return when parcels leave and what is in each."""
        parcels: dict[int, list[Line]] = {}
        for line in self.lines:
            left = line.left if line.left is not None else self.shipped
            if left is not None and line.needs_shipping and not line.is_cancelled(left):
                parcels.setdefault(left, []).append(line)
        return sorted(parcels.items())

    def refunded(self, now: int) -> int:
        """Return the cents given back by `now`."""
        return self.refund.amount if self.refund and self.refund.at <= now else 0

    @property
    def holds_stock(self) -> bool:
        """Whether the order takes units from a shelf: no copy, no test, no row planted as wrong."""
        return self.kind in {"web", "pos", "mcf"} and not self.shipper

    @property
    def counts(self) -> bool:
        """Whether the order is one of its channel: no test, no copy, no row planted as wrong."""
        return self.kind in {"web", "pos"} or self.kind in NAMELESS_ORDERS

    def components(self) -> list[tuple[str, int]]:
        """Return SKU and units of every part, bundles taken apart."""
        return [part for line in self.lines for part in catalog.parts(line.sku, line.quantity)]
