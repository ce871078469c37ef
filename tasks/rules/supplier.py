"""From whom a SKU is bought: the preferred supplier, else the cheapest by the shop's own rates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import numpy as np

from tasks.rules.columns import Columns, Flags, Floats, Objects, objects


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
class Offers(Columns):
    """Offers of many SKUs; what the file does not say is NaN or None."""

    sku: Objects
    supplier: Objects
    name: Objects
    lead_time_days: Floats
    moq: Floats
    case_pack: Floats
    unit_cost: Objects
    currency: Objects
    review_days: Floats
    is_preferred: Flags
    is_approved: Objects
    supplier_sku: Objects
    payment_terms: Objects

    def row(self, at: int) -> Offer:
        """Return one of them."""
        values = ((each.name, getattr(self, each.name)[at]) for each in fields(Offer))
        stated: dict[str, Any] = {name: None if one != one else one for name, one in values}
        return Offer(**stated)


@dataclass(frozen=True)
class Choices(Columns):
    """The offers that are taken, a row per SKU that is offered, as Choice has it; the last is of no SKU."""

    offer: Offers
    cost: Objects
    doubts: Objects
    alternate: Objects
    hint: Objects

    def of(self, skus: Objects) -> "Choices":
        """Return whom each SKU is bought from; the last row where nobody offers it."""
        row = {sku: at for at, sku in enumerate(self.offer.sku.tolist())}
        return self[np.array([row.get(sku, -1) for sku in skus.tolist()], dtype=np.int64)]


@dataclass(frozen=True)
class LastPrice:
    """What the newest purchase order of a SKU with one supplier cost, or what it answered to it."""

    unit_cost: Decimal
    currency: str
    po_number: str


@dataclass(frozen=True)
class Choice:
    """The offer that is taken, its cost in the shop's currency, and what a person must settle.

    `alternate` is the next offer that could be taken, named in `hint` where the first has a fault:
    it is late, states no cost, or its price changed.
    """

    offer: Offer
    cost: Decimal | None
    doubts: tuple[str, ...] = ()
    alternate: str | None = None
    hint: str = ""


NOBODY = ""  # the SKU of the last row of Choices, and its supplier


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


def choose(
    offers: Sequence[Offer],
    own: str,
    rates: Mapping[str, Decimal],
    late: Mapping[str, int] = MappingProxyType({}),
    last_prices: Mapping[str, LastPrice] = MappingProxyType({}),
    price_change_percent: Decimal = Decimal(10),
) -> Choice:
    """Return the preferred of the approved offers, else the one of the lowest known cost, ties by supplier.

    A supplier that the sheet says is not approved is taken only where there is no other, and a
    person is asked. So is one whose cost is unknown, or in a currency without a rate, for it cannot
    be compared; and one that asks more or less than its last price by over `price_change_percent`.
    `late` are suppliers with overdue orders, and by how many days.
    """
    costs = {o.supplier: in_own_currency(o.unit_cost, o.currency, own, rates) for o in offers}
    ordered = sorted(
        offers,
        key=lambda o: (
            o.is_approved is False,
            not o.is_preferred,
            costs[o.supplier] is None,
            costs[o.supplier] or Decimal(0),
            o.supplier,
        ),
    )
    taken = ordered[0]
    asked = [taken] if taken.is_preferred else [o for o in ordered if o.is_approved is not False]
    doubts = [
        doubt(offer, own)
        for offer in sorted(asked or [taken], key=lambda o: o.supplier)
        if costs[offer.supplier] is None
    ]
    if taken.is_approved is False:
        doubts.append(f"{taken.supplier} is not an approved supplier.")
    if changed := price_change(taken, last_prices.get(taken.supplier), price_change_percent):
        doubts.append(changed)
    if len(offers) == 1:
        return Choice(taken, costs[taken.supplier], tuple(doubts))
    faults = list(doubts)
    if days := late.get(taken.supplier):
        faults.append(f"{taken.supplier} is {days} days late with an order.")
    others = [
        o
        for o in ordered[1:]
        if o.is_approved is not False and costs[o.supplier] is not None and o.supplier not in late
    ]
    passed_over = [
        o for o in ordered if o.is_preferred and o.is_approved is False and o is not taken
    ]
    hint = "".join(
        f"{o.supplier} is preferred but not approved, so {taken.supplier} is taken."
        for o in passed_over
    )
    if faults and others:
        found = others[0]
        late_note = "" if faults == doubts else f"{faults[-1]} "
        hint = f"{late_note}{found.supplier} could be taken instead, at {found.unit_cost} {found.currency}."
    return Choice(
        taken, costs[taken.supplier], tuple(doubts), others[0].supplier if others else None, hint
    )


def choose_all(
    offers: Offers,
    own: str,
    rates: Mapping[str, Decimal],
    late: Mapping[str, int],
    last_prices: Mapping[str, Mapping[str, LastPrice]],
    price_change_percent: Decimal,
) -> Choices:
    """Return what `choose` does of each SKU; `offers` are by SKU.

    One without a rival, in the shop's own currency, approved and never bought before, is taken as it is.
    """
    nobody = dict.fromkeys(Offers.kinds()) | {
        "sku": NOBODY,
        "supplier": NOBODY,
        "is_preferred": False,
    }
    offers = Offers.joined([offers, Offers.of_rows([nobody])])
    is_first = np.ones(len(offers), dtype=bool)
    is_first[1:] = offers.sku[1:] != offers.sku[:-1]
    first = np.flatnonzero(is_first)
    count = np.diff(first, append=len(offers))
    taken, one = first.copy(), offers[first]
    plain = (count == 1) & (one.currency == own) & (one.unit_cost != None)  # noqa: E711, of each row
    plain &= (one.is_approved != False) & ~np.isin(one.sku.astype(str), list(last_prices))  # noqa: E712
    plain[-1] = True
    cost = one.unit_cost.copy()
    doubts, alternate, hint = (
        objects([()] * len(first)),
        objects([None] * len(first)),
        objects([""] * len(first)),
    )
    for at in np.flatnonzero(~plain).tolist():
        those = [offers.row(row) for row in range(first[at], first[at] + count[at])]
        prices = last_prices.get(one.sku[at], {})
        found = choose(those, own, rates, late, prices, price_change_percent)
        taken[at] += those.index(found.offer)
        cost[at], doubts[at] = found.cost, found.doubts
        alternate[at], hint[at] = found.alternate, found.hint
    return Choices(offers[taken], cost, doubts, alternate, hint)


def price_change(offer: Offer, last: LastPrice | None, percent: Decimal) -> str:
    """Return by how much an offer differs from the last price, beyond `percent`; empty where it does not.

    Prices in two currencies are not compared.
    """
    if last is None or offer.unit_cost is None or offer.currency != last.currency:
        return ""
    if not last.unit_cost:
        return ""
    change = (offer.unit_cost / last.unit_cost - 1) * 100
    if abs(change) <= percent:
        return ""
    return (
        f"{offer.supplier} asks {offer.unit_cost:f} {offer.currency}, {change:+.0f} % against the"
        f" {last.unit_cost:f} of {last.po_number}: more than the {percent:f} % of"
        " approval.price_change_percent."
    )


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
