"""What is held back from a listing: each kind of buffer by itself, and the largest that applies."""

from dataclasses import dataclass, replace

import numpy as np

from tasks.rules.columns import Columns, Flags, Floats, Ints, Objects, round_up

KINDS = ("fixed", "percent", "days of cover", "count error", "risk")


@dataclass(frozen=True)
class Buffers(Columns):
    """What is to be held back from each listing; `rule` says where that was decided, for display.

    `units` are fixed, `percent` is of what is sellable, `days` are of cover at the listing's
    velocity. `count_error` holds back the share of units that counts did not find. `risk` is
    the accepted chance that the others sell more than is held back (tasks/rules/oversell.py), NaN
    where none is; `cap` is NaN where there is none.
    """

    units: Ints
    percent: Floats
    days: Floats
    count_error: Flags
    risk: Floats
    at_least_one: Flags
    floor: Ints
    cap: Floats
    rule: Objects

    def overridden(self, units: Floats) -> "Buffers":
        """Return them with the units that a person holds back, instead of every kind; floor and cap stay.

        NaN where nobody states them.
        """
        by_rule = np.isnan(units)
        return replace(
            self,
            units=np.where(by_rule, self.units, units).astype(np.int64),
            percent=np.where(by_rule, self.percent, 0),
            days=np.where(by_rule, self.days, 0),
            count_error=by_rule & self.count_error,
            risk=np.where(by_rule, self.risk, np.nan),
            rule=np.where(by_rule, self.rule, "override"),
        )


@dataclass(frozen=True)
class Raises(Columns):
    """How the promotion that runs raises each buffer: times `factor`, by `units` at least.

    Without a promotion `title` is empty, and nothing is raised: times 1, by 0.
    """

    title: Objects
    factor: Floats
    units: Ints


@dataclass(frozen=True)
class Held(Columns):
    """The units that each kind of buffer asks for, and the units that are held back.

    What a kind asks for is not bounded by what there is; NaN where its input is not known.
    `promotion` is what a promotion adds to the largest of them.
    """

    fixed: Ints
    percent: Ints
    days: Floats
    count: Floats
    risk: Floats
    promotion: Ints
    units: Ints

    @property
    def why(self) -> Ints:
        """The kind that decided and those that could not be sized, as `words` reads it."""
        asked = np.stack([self.fixed, self.percent, self.days, self.count, self.risk])
        unknown = np.isnan(asked)
        known = np.where(unknown, 0, asked)
        decided = np.where(known.any(axis=0), known.argmax(axis=0) + 1, 0)
        masks = 1 << np.arange(len(KINDS))
        return np.asarray(decided << len(KINDS) | masks @ unknown)


def words(why: int) -> str:
    """Return the kind that decided, and each that could not be sized; empty where nothing is held."""
    decided = why >> len(KINDS)
    found = [KINDS[decided - 1]] if decided else []
    unknown = [f"{kind} not known" for at, kind in enumerate(KINDS) if why >> at & 1]
    return ", ".join(found + unknown)


def hold_back(
    buffers: Buffers,
    sellable: Ints,
    velocity: Floats,
    count_error_rate: Floats,
    risk_units: Floats,
    raises: Raises,
) -> Held:
    """Return the units held back of `sellable`: never more than there are.

    The largest of all kinds, rounded up, so doubt costs a sale and never causes an oversell; a
    promotion raises it before it is rounded, so that one unit more on the shelf is never a unit
    less published. `velocity` is units a day; `count_error_rate` the share of the units in the
    books that counts did not find; `risk_units` what the accepted risk asks for. `at_least_one`
    leaves one unit while there is one.
    """
    percent = buffers.percent * sellable / 100
    days = _product(buffers.days, velocity)
    count = _product(buffers.count_error * sellable, count_error_rate)
    risk = np.where(np.isnan(buffers.risk), 0, risk_units)
    largest = np.fmax.reduce([buffers.units, percent, days, count, risk])
    plain = round_up(largest)
    raised = np.maximum(round_up(largest * raises.factor), plain + raises.units)
    most = np.maximum(np.minimum(raised, sellable - buffers.at_least_one), 0)
    return Held(
        fixed=buffers.units,
        percent=round_up(percent).astype(np.int64),
        days=round_up(days),
        count=round_up(count),
        risk=risk,
        promotion=(raised - plain).astype(np.int64),
        units=most.astype(np.int64),
    )


def _product(factor: Floats | Ints, size: Floats) -> Floats:
    """Return factor × size: 0 where the factor is 0, else NaN where the size is not known."""
    return np.where(factor == 0, 0, factor * size)
