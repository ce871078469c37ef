"""What is held back from a listing: each kind of buffer by itself, and the largest that applies."""

import math
from dataclasses import dataclass
from decimal import Decimal

KINDS = ("fixed", "percent", "days of cover", "count error", "risk")


@dataclass(frozen=True)
class Buffer:
    """What is to be held back from one listing; `rule` says where that was decided, for display.

    `units` are fixed, `percent` is of what is sellable, `days` are of cover at the listing's
    velocity. `count_error` holds back the share of units that counts did not find. `risk` is
    the accepted chance that the others sell more than is held back (tasks/rules/oversell.py).
    """

    units: int = 0
    percent: Decimal = Decimal(0)
    days: Decimal = Decimal(0)
    count_error: bool = False
    risk: Decimal | None = None
    at_least_one: bool = False
    floor: int = 0
    cap: int | None = None
    rule: str = "shop"

    def overridden(self, units: int) -> "Buffer":
        """Return it with the units that a person holds back, instead of every kind; floor and cap stay."""
        return Buffer(
            units, at_least_one=self.at_least_one, floor=self.floor, cap=self.cap, rule="override"
        )


@dataclass(frozen=True)
class Raise:
    """How a promotion that runs raises the buffer: times `factor`, by `units` at least."""

    title: str
    factor: Decimal = Decimal(1)
    units: int = 0


@dataclass(frozen=True)
class Held:
    """The units that each kind of buffer asks for, and the units that are held back.

    What a kind asks for is not bounded by what there is; None where its input is not known.
    `promotion` is what a promotion adds to the largest of them.
    """

    fixed: int
    percent: int
    days: int | None
    count: int | None
    risk: int | None
    promotion: int
    units: int

    @property
    def why(self) -> str:
        """The kind that decided, and each that could not be sized; empty where nothing is held."""
        asked = (self.fixed, self.percent, self.days, self.count, self.risk)
        most = max(units or 0 for units in asked)
        words = [KINDS[asked.index(most)]] if most else []
        if None in asked:
            words += [
                f"{kind} not known"
                for kind, units in zip(KINDS, asked, strict=True)
                if units is None
            ]
        return ", ".join(words)


def hold_back(
    buffer: Buffer,
    sellable: int,
    velocity: Decimal | None,
    count_error_rate: Decimal | None = None,
    risk_units: int | None = None,
    promotion: Raise | None = None,
) -> Held:
    """Return the units held back of `sellable`: never more than there are.

    The largest of all kinds, rounded up, so doubt costs a sale and never causes an oversell; a
    promotion raises it before it is rounded, so that one unit more on the shelf is never a unit
    less published. `velocity` is units a day; `count_error_rate` the share of the units in the
    books that counts did not find; `risk_units` what the accepted risk asks for. `at_least_one`
    leaves one unit while there is one.
    """
    percent = buffer.percent * sellable / 100 if buffer.percent else 0
    days = _product(buffer.days, velocity)
    count = _product(buffer.count_error * sellable, count_error_rate)
    risk = 0 if buffer.risk is None else risk_units
    largest = max(buffer.units, percent, days or 0, count or 0, risk or 0)
    raised = plain = math.ceil(largest)
    if promotion:
        raised = max(math.ceil(largest * promotion.factor), plain + promotion.units)
    return Held(
        fixed=buffer.units,
        percent=math.ceil(percent),
        days=None if days is None else math.ceil(days),
        count=None if count is None else math.ceil(count),
        risk=risk,
        promotion=raised - plain,
        units=max(min(raised, sellable - buffer.at_least_one), 0),
    )


def _product(factor: Decimal | int, size: Decimal | None) -> Decimal | int | None:
    """Return factor × size: 0 where the factor is 0, else None where the size is not known."""
    if not factor:
        return 0
    return None if size is None else factor * size
