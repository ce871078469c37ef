"""What a person states instead of what the plan would count on: for one SKU or a supplier, until a day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tasks.rules.reorder_action import ReorderInput


class Stated(StrEnum):
    """What can be stated; days, shares, units a day and units as named."""

    LEAD_TIME_DAYS = "lead_time_days"
    SERVICE_LEVEL = "service_level"
    DEMAND_RATE = "demand_rate"
    MOQ_UNITS = "moq_units"
    BUFFER_UNITS = "buffer_units"
    REORDER_POINT = "reorder_point"


OF_A_SUPPLIER = frozenset({Stated.LEAD_TIME_DAYS, Stated.MOQ_UNITS})
WHOLE = frozenset({Stated.MOQ_UNITS, Stated.BUFFER_UNITS})
LARGEST_DAYS = 365


@dataclass(frozen=True)
class Override:
    """One statement of a person, its last day and its reason."""

    what: Stated
    value: Decimal
    until: date
    who: str
    reason: str

    def words(self, day: date) -> str:
        """Return it for a reader; after its last day it says that it no longer holds."""
        stated = f"{self.what.replace('_', ' ')} {self.value.normalize():f}"
        if self.until < day:
            return f"{stated} of {self.who} ended on {self.until} and no longer holds."
        return f"{stated} by {self.who} until {self.until}: {self.reason}"


def fault(what: Stated, value: Decimal, *, is_supplier: bool) -> str:
    """Return why a value cannot be stated; empty where it can."""
    if is_supplier and what not in OF_A_SUPPLIER:
        return (
            f"{what} is of a SKU: name one. Of a supplier are {', '.join(sorted(OF_A_SUPPLIER))}."
        )
    if what is Stated.SERVICE_LEVEL and not Decimal("0.5") <= value < 1:
        return f"A service level is a share from 0.5 to below 1, such as 0.95, not {value}."
    if what is Stated.LEAD_TIME_DAYS and not 0 < value <= LARGEST_DAYS:
        return f"A lead time is more than 0 and at most {LARGEST_DAYS} days, not {value}."
    if value < 0:
        return f"{what} is 0 or more, not {value}."
    if what in WHOLE and value % 1:
        return f"{what} is a whole number of units, not {value}."
    return ""


def overridden(sku: ReorderInput, stated: Iterable[Override]) -> ReorderInput:
    """Return a SKU's input with what holds on its day, and what to say of it and of what just ended.

    A stated lead time is instead of those measured, with their spread; a transfer is added to it
    where the pool is sent on. `stated` has one of a kind, that of the SKU before its supplier's.
    """
    by_what: Mapping[Stated, Override] = {each.what: each for each in stated}
    if not by_what:
        return sku
    holds = {what: each.value for what, each in by_what.items() if each.until >= sku.as_of}
    lead = holds.get(Stated.LEAD_TIME_DAYS)
    rate, point = holds.get(Stated.DEMAND_RATE), holds.get(Stated.REORDER_POINT)
    words = [by_what[what].words(sku.as_of) for what in sorted(by_what)]
    return replace(
        sku,
        lead_time_days=sku.lead_time_days if lead is None else float(lead) + sku.transfer_days,
        lead_times=sku.lead_times if lead is None else (),
        service_level=holds.get(Stated.SERVICE_LEVEL, sku.service_level),
        moq=int(holds.get(Stated.MOQ_UNITS, sku.moq)),
        stated_rate=None if rate is None else float(rate),
        stated_point=None if point is None else float(point),
        override_reason=" ".join(words),
        override_until=min(by_what[what].until for what in holds or by_what),
    )
