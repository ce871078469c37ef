"""One order as it happened: every moment of its life is fixed when it is drawn.

An export of any later day asks the order how it looked at that day's moment, so that two exports
always tell the same past.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from tasks.demo import catalog


class Line(NamedTuple):
    """One ordered line; money in cents."""

    sku: str
    quantity: int
    price: int
    line_id: int

    @property
    def gross(self) -> int:
        """Quantity × unit price, before discounts."""
        return self.quantity * self.price


class Refund(NamedTuple):
    """Money that goes back to the buyer; `units` of the first line come with it."""

    at: int
    amount: int
    units: int


@dataclass(slots=True)
class Order:
    """An order of any channel; moments in seconds UTC, money in cents.

    `kind` is web, pos, test, synced, mcf, or the name of the mistake the whole order is.
    `flaw` names a mistake inside an order that is otherwise good.
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
        """Tell whether the order was cancelled by `now`."""
        return self.cancelled is not None and self.cancelled <= now

    def is_shipped(self, now: int) -> bool:
        """Tell whether the order had left by `now`."""
        return self.shipped is not None and self.shipped <= now

    def is_open(self, now: int) -> bool:
        """Tell whether the order still waits on a shelf at `now`."""
        return self.created <= now and not self.is_cancelled(now) and not self.is_shipped(now)

    def refunded(self, now: int) -> int:
        """Return the cents given back by `now`."""
        return self.refund.amount if self.refund and self.refund.at <= now else 0

    @property
    def holds_stock(self) -> bool:
        """Whether the order takes units from a shelf: no copy, no test, no row planted as wrong."""
        return self.kind in {"web", "pos", "mcf"}

    @property
    def counts(self) -> bool:
        """Whether the order is a sale of its channel, unless it is cancelled."""
        return self.kind in {"web", "pos"}

    def components(self) -> list[tuple[str, int]]:
        """Return SKU and units of every part, bundles taken apart."""
        return [part for line in self.lines for part in catalog.parts(line.sku, line.quantity)]
