"""A recall: which orders hold an item, and where the rest of it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Found(StrEnum):
    """Where units of a recalled item are."""

    SHIPPED = "shipped"  # with a buyer
    OPEN = "open"  # promised to an order and still to leave
    STOCK = "stock"  # on a shelf
    ON_ORDER = "on_order"  # with the supplier
    RECEIVED = "received"  # how much of the recalled lot ever came; it is one of the above by now


@dataclass(frozen=True)
class Recalled:
    """Units of a recalled item at one place; of a buyer it holds the order's number and nothing else.

    `document_id` is the order, purchase order or receipt; `on_date` the day they left, were ordered,
    counted, promised or received; `units` is None where a shelf is not counted.
    """

    state: Found
    channel: str | None
    document_id: str | None
    location: str | None
    sold_as: str | None
    units: int | None
    on_date: date | None


@dataclass(frozen=True)
class Extent:
    """How far a recall goes: rows and units of one state; units are those that are known."""

    state: Found
    rows: int
    units: int
    unknown: int


def extent(found: Sequence[Recalled]) -> list[Extent]:
    """Return how many rows and units there are of each state, every state in its order."""
    extents = []
    for state in Found:
        units = [each.units for each in found if each.state is state]
        known = [each for each in units if each is not None]
        extents.append(Extent(state, len(units), sum(known), len(units) - len(known)))
    return extents
