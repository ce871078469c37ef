"""What a supplier that is down costs: which SKUs run out, when, and how many units are not sold."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from tasks.rules.skus import Receipt

CENT, UNIT = Decimal("0.01"), Decimal(1)


@dataclass(frozen=True)
class Outage:
    """A supplier that neither delivers nor takes orders for `days` days from `first_date` on."""

    supplier: str
    first_date: date
    days: int
    as_of: date

    @property
    def back_date(self) -> date:
        """The first day on which the supplier delivers and takes orders again."""
        return self.first_date + timedelta(days=self.days)


@dataclass(frozen=True)
class Exposed:
    """A SKU that the supplier sells us, in one pool; what is not known is None.

    `free_units` are on hand, fit to sell and promised to nobody; `daily_units` is the plan's rate;
    `theirs` is on order with the supplier, `others` with somebody else; price and cost are of a
    unit, in the shop's currency.
    """

    sku: str
    pool: str
    abc: str | None
    free_units: int | None
    daily_units: Decimal | None
    theirs: tuple[Receipt, ...]
    others: tuple[Receipt, ...]
    lead_time_days: Decimal | None
    price: Decimal | None
    cost: Decimal | None
    other_suppliers: tuple[str, ...]


@dataclass(frozen=True)
class Loss:
    """What the outage does to a SKU in a pool.

    `stockout_date` is the day on which it runs out, None where it does not or where that is not known;
    `supplied_date` is the day a new order comes that is placed once the supplier is back. Money is
    in the shop's currency, None where price or cost is not known.
    """

    sku: str
    pool: str
    abc: str | None
    free_units: int | None
    daily_units: Decimal | None
    stockout_date: date | None
    supplied_date: date
    lost_units: int | None
    lost_revenue: Decimal | None
    lost_margin: Decimal | None
    other_suppliers: tuple[str, ...]
    reason: str


def loss_of(sku: Exposed, outage: Outage) -> Loss:
    """Return what the outage costs of one SKU.

    Day by day from `as_of` on, receipts come before the day's demand, and what is wanted while the
    shelf is empty is lost; it is counted from the first day of the outage on. What the supplier
    would have delivered in the outage comes when it is back. An order placed then comes a lead time
    later; nothing else is ordered from anybody.
    """
    lead = math.ceil(sku.lead_time_days or 0)
    supplied = outage.back_date + timedelta(days=lead)
    out_on, lost = None, None
    if sku.free_units is not None and sku.daily_units is not None:
        out_on, exact = _run(
            sku.free_units, sku.daily_units, _receipts(sku, outage), outage, supplied
        )
        lost = int(exact.quantize(UNIT, ROUND_HALF_UP))
    return Loss(
        sku=sku.sku,
        pool=sku.pool,
        abc=sku.abc,
        free_units=sku.free_units,
        daily_units=sku.daily_units,
        stockout_date=out_on,
        supplied_date=supplied,
        lost_units=lost,
        lost_revenue=_worth(lost, sku.price),
        lost_margin=_worth(
            lost, None if sku.price is None or sku.cost is None else sku.price - sku.cost
        ),
        other_suppliers=sku.other_suppliers,
        reason=" ".join(_reasons(sku)),
    )


def _receipts(sku: Exposed, outage: Outage) -> list[Receipt]:
    """Return what comes and when, with the outage: what is overdue is expected tomorrow.

    What comes on an unknown day does not count.
    """
    soonest = outage.as_of + timedelta(days=1)
    found = []
    for is_theirs, those in ((True, sku.theirs), (False, sku.others)):
        for each in those:
            if each.due_date:
                due = max(each.due_date, soonest)
                is_held = is_theirs and outage.first_date <= due < outage.back_date
                found.append(Receipt(outage.back_date if is_held else due, each.units))
    return found


def _run(
    units: int, rate: Decimal, receipts: Sequence[Receipt], outage: Outage, until: date
) -> tuple[date | None, Decimal]:
    """Return the first day of the outage's shortage, and the units lost up to the day before `until`."""
    shelf, lost, out_on = Decimal(max(units, 0)), Decimal(0), None
    day = outage.as_of
    while day < until:
        shelf += sum(each.units for each in receipts if each.due_date == day)
        short = max(rate - shelf, Decimal(0))
        shelf = max(shelf - rate, Decimal(0))
        if short and day >= outage.first_date:
            lost += short
            out_on = out_on or day
        day += timedelta(days=1)
    return out_on, lost


def _worth(units: int | None, amount: Decimal | None) -> Decimal | None:
    if units is None or amount is None:
        return None
    return (units * amount).quantize(CENT, ROUND_HALF_UP)


def _reasons(sku: Exposed) -> list[str]:
    """Return what is not known and what of the loss is therefore missing, a sentence each."""
    found = []
    if sku.free_units is None:
        found.append("No file counts its stock: when it runs out is not known.")
    if sku.daily_units is None:
        found.append("How much of it sells is not known.")
    if sku.lead_time_days is None:
        found.append(
            "Its lead time is not known: what is lost after the supplier is back is not in it."
        )
    if undated := sum(each.units for each in (*sku.theirs, *sku.others) if not each.due_date):
        found.append(f"When {undated} units on order come is not known: they are not in it.")
    if sku.price is None:
        found.append("No sale in the window shows its price.")
    if sku.cost is None:
        found.append("What a unit costs is not known.")
    return found


def worst_first(losses: Sequence[Loss]) -> list[Loss]:
    """Return the losses, the most revenue lost first; what is not known before what loses nothing."""
    return sorted(
        losses,
        key=lambda loss: (
            loss.lost_units == 0,
            -(loss.lost_revenue or 0),
            -(loss.lost_units or 0),
            loss.stockout_date or date.max,
            loss.sku,
            loss.pool,
        ),
    )
