"""From whom a SKU is bought: the preferred supplier, else the cheapest by the shop's own rates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Offer:
    """On what terms one supplier sells a SKU; what the file does not say is None."""

    supplier: str
    name: str | None = None
    lead_time_days: int | None = None
    moq: int | None = None
    case_pack: int | None = None
    unit_cost: Decimal | None = None
    currency: str | None = None
    review_days: int | None = None
    is_preferred: bool = False
    is_approved: bool | None = None
    supplier_sku: str | None = None
    payment_terms: str | None = None


@dataclass(frozen=True)
class Choice:
    """The offer that is taken, its cost in the shop's currency, and what a person must settle."""

    offer: Offer
    cost: Decimal | None
    doubts: tuple[str, ...] = ()


def in_own_currency(
    amount: Decimal | None, currency: str | None, own: str, rates: Mapping[str, Decimal]
) -> Decimal | None:
    """Return `amount` in the shop's currency; None where it or the shop's rate is unknown.

    A rate is units of the currency per unit of the shop's own: 150 for yen where that is dollars.
    """
    if amount is None or currency is None:
        return None
    rate = Decimal(1) if currency == own else rates.get(currency)
    return amount / rate if rate else None


def choose(offers: Sequence[Offer], own: str, rates: Mapping[str, Decimal]) -> Choice | None:
    """Return the preferred offer, else the one of the lowest known cost, ties by supplier.

    An offer whose cost is unknown, or is in a currency without a rate, cannot be compared: it is
    taken only where there is no other, and a person is asked either way.
    """
    if not offers:
        return None
    costs = {o.supplier: in_own_currency(o.unit_cost, o.currency, own, rates) for o in offers}
    ordered = sorted(
        offers,
        key=lambda o: (
            not o.is_preferred,
            costs[o.supplier] is None,
            costs[o.supplier] or Decimal(0),
            o.supplier,
        ),
    )
    taken = ordered[0]
    asked = [taken] if taken.is_preferred else ordered
    doubts = tuple(
        doubt(offer, own)
        for offer in sorted(asked, key=lambda o: o.supplier)
        if costs[offer.supplier] is None
    )
    return Choice(taken, costs[taken.supplier], doubts)


def doubt(offer: Offer, own: str) -> str:
    """Return what is unknown of an offer's cost, as a sentence for the buyer."""
    if offer.unit_cost is None:
        return f"{offer.supplier} states no unit cost."
    if offer.currency is None:
        return f"{offer.supplier} states a cost of {offer.unit_cost} without a currency."
    return (
        f"{offer.supplier} charges {offer.unit_cost} {offer.currency}, and the shop has no rate"
        f" from {offer.currency} to {own}."
    )
