"""What a person states instead of what the plan would count on: for one SKU or a supplier, until a day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tasks.rules.skus import Skus


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
COLUMNS = {
    Stated.SERVICE_LEVEL: "service_level",
    Stated.MOQ_UNITS: "moq",
    Stated.DEMAND_RATE: "stated_rate",
    Stated.REORDER_POINT: "stated_point",
}


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


def overridden(skus: Skus, stated: Mapping[int, Sequence[Override]]) -> Skus:
    """Return the SKUs with what holds on their day, and what to say of it and of what just ended.

    A stated lead time is instead of those measured, but not of their spread; a transfer is added to
    it where the pool is sent on. `stated` is by row, one of a kind.
    """
    if not stated:
        return skus
    changed = {
        name: getattr(skus, name).copy()
        for name in (
            "lead_time_days", "lead_times", "service_level", "moq", "stated_rate", "stated_point",
            "override_reason", "override_until",
        )
    }  # fmt: skip
    for row, those in stated.items():
        day = skus.as_of[row].item()
        of_row = sorted(those, key=lambda each: each.what)
        holds = {each.what: float(each.value) for each in of_row if each.until >= day}
        if lead := holds.get(Stated.LEAD_TIME_DAYS):
            changed["lead_time_days"][row] = lead + skus.transfer_days[row]
            changed["lead_times"][row] = ()
        for what, name in COLUMNS.items():
            if what in holds:
                changed[name][row] = holds[what]
        changed["override_reason"][row] = " ".join(each.words(day) for each in of_row)
        changed["override_until"][row] = min(
            each.until for each in of_row if each.what in holds or not holds
        )
    return replace(skus, **changed)
