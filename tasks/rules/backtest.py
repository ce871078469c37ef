"""A policy of the plan replayed over the days that were: what it would have sold, missed and kept.

Each day of the replay, in this order: what was ordered a lead time ago comes; on a buying day, one
in `review_days`, the plan is made from the days before (`plan_reorder`, the very plan of the night)
and ordered; what was wanted is taken from the shelf, and what is not there is lost. The plan sees its own shelf: units
sold, and whether a day closed with stock. So a policy that runs out sees less demand, as in a shop.

What is assumed, alike for every policy:

- The first `window_days` are only looked at; the replay begins after them with enough stock for
  lead time, review period and cover at the rate of those days.
- A day on which the shop itself was out of stock does not show what was wanted: the units that were
  sold on it leave the shelf, but it is judged in nothing, and the plan counts it as unknown.
- A day of which nobody counted the stock is taken as it sold.
- An order of a day takes as long whoever places it: the supplier's measured lead times in turn by
  day, or the stated one. It is expected after their mean. Nothing is sent back, lost or damaged.
- A person approves on the same day what the plan suggests; what it leaves to a person, such as a
  SKU that was out for a whole window, is not ordered. Supplier, class and terms are tonight's; seasons and the rates of
  other SKUs are left out, for what was known of them on a day is not. Each pool of a SKU is
  replayed by itself: nothing goes from one to another.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from math import ceil

from tasks.rules.classes import Abc
from tasks.rules.reorder import Receipt, order_quantity
from tasks.rules.reorder_action import ReorderInput
from tasks.rules.reorder_plan import ReorderPlan, plan_reorder


class Policy(StrEnum):
    """Who says what to order."""

    SEED90 = "seed90"
    PROTECTED = "protected"


ORDERS: Mapping[Policy, Callable[[ReorderPlan], int]] = {
    Policy.SEED90: lambda plan: plan.suggested_units_seed90 or 0,
    Policy.PROTECTED: lambda plan: plan.suggested_units,
}
EVERY_CLASS = "all"


@dataclass(frozen=True)
class Replay:
    """How one policy would have kept one SKU in one pool.

    Units wanted and lost, and days short, are of the judged days; `shelf_unit_days` is the sum of
    the units at the close of every replayed day, `stockouts` how often the shelf became empty.
    """

    sku: str
    pool: str
    policy: Policy
    abc: Abc
    first_date: date
    days: int
    judged_days: int
    demand_units: int
    lost_units: int
    stockouts: int
    short_days: int
    shelf_unit_days: int
    orders: int
    ordered_units: int

    @property
    def average_units(self) -> Decimal:
        """Units on the shelf at the close of an average day."""
        return Decimal(self.shelf_unit_days) / self.days


@dataclass(frozen=True)
class Result:
    """How one policy would have kept one class of SKUs; `all` is every class together.

    `average_stock_amount` is of the SKUs whose cost is known, `uncosted_sku_count` the others; it
    is None where none is known. `left_out_sku_count` sold, but have no lead time or too short a
    history to be replayed.
    """

    policy: Policy
    abc: str
    sku_count: int
    left_out_sku_count: int
    first_date: date
    last_date: date
    judged_days: int
    unjudged_days: int
    demand_units: int
    lost_units: int
    fill_rate: Decimal | None
    stockout_count: int
    short_days: int
    average_units: int
    average_stock_amount: Decimal | None
    uncosted_sku_count: int
    order_count: int
    ordered_units: int


@dataclass(frozen=True)
class _Sent:
    """An order on its way: the day it is expected, the day it comes, by number of the history."""

    expected: int
    comes: int
    units: int


def can_be_replayed(sku: ReorderInput) -> bool:
    """Return whether there is a day to replay and a time that orders take."""
    return sku.lead_time_days is not None and len(sku.daily) > sku.window_days


def replay(sku: ReorderInput, policy: Policy) -> Replay:
    """Return how `policy` would have kept a SKU over all of `daily` but its first window.

    `sku` is what is known tonight, with the whole history in `daily` and `in_stock`, oldest first.
    It must be one that `can_be_replayed`.
    """
    start = sku.window_days
    sold, stocked = list(sku.daily[:start]), list(sku.in_stock[:start])
    shelf = _first_shelf(sku)
    way: list[_Sent] = []
    wanted = lost = judged = stockouts = short = unit_days = orders = ordered = 0
    last_sold = max((day for day in range(start) if sold[day]), default=None)
    for day in range(start, len(sku.daily)):
        shelf += sum(sent.units for sent in way if sent.comes <= day)
        way = [sent for sent in way if sent.comes > day]
        if (day - start) % sku.review_days == 0:
            plan = plan_reorder(_as_of(sku, day, sold, stocked, shelf, way, last_sold))
            if units := ORDERS[policy](plan):
                way.append(_sent(sku, day, units))
                orders, ordered = orders + 1, ordered + units
        taken = min(sku.daily[day], shelf)
        if taken:
            last_sold = day
        if shelf and taken == shelf:
            stockouts += 1
        shelf -= taken
        unit_days += shelf
        sold.append(taken)
        if sku.in_stock[day] is False:
            stocked.append(None)
            continue
        stocked.append(shelf > 0)
        judged += 1
        wanted += sku.daily[day]
        lost += sku.daily[day] - taken
        short += sku.daily[day] > taken
    return Replay(
        sku=sku.sku,
        pool=sku.pool,
        policy=policy,
        abc=sku.abc or Abc.C,
        first_date=sku.first_day + timedelta(days=start),
        days=len(sku.daily) - start,
        judged_days=judged,
        demand_units=wanted,
        lost_units=lost,
        stockouts=stockouts,
        short_days=short,
        shelf_unit_days=unit_days,
        orders=orders,
        ordered_units=ordered,
    )


def _first_shelf(sku: ReorderInput) -> int:
    """Return the units that every policy begins with."""
    days = (sku.lead_time_days or 0) + sku.review_days + sku.cover_days
    return order_quantity(sum(sku.daily[: sku.window_days]) / sku.window_days * days, 0)


def _sent(sku: ReorderInput, day: int, units: int) -> _Sent:
    mean = ceil(sku.lead_time_days or 0)
    takes = sku.lead_times[day % len(sku.lead_times)] if sku.lead_times else mean
    return _Sent(expected=day + mean, comes=day + takes, units=units)


def _as_of(
    sku: ReorderInput,
    day: int,
    sold: Sequence[int],
    stocked: Sequence[bool | None],
    shelf: int,
    way: Sequence[_Sent],
    last_sold: int | None,
) -> ReorderInput:
    """Return what the plan would have known on the morning of `day` of the history."""
    window = slice(day - sku.window_days, day)
    first = sku.first_day

    def on(number: int) -> date:
        return first + timedelta(days=number)

    return replace(
        sku,
        as_of=on(day),
        daily=tuple(sold[window]),
        in_stock=tuple(stocked[window]),
        on_hand=shelf,
        available=shelf,
        on_order=[Receipt(on(sent.expected), sent.units) for sent in way],
        backorders=0,
        committed=0,
        last_sale=None if last_sold is None else on(last_sold),
        known_since=first,
        known_to=None,
        is_stale=False,
        doubts=(),
    )


def by_class(
    replays: Sequence[Replay],
    left_out: Iterable[ReorderInput],
    costs: Mapping[str, Decimal | None],
) -> list[Result]:
    """Return what the replays come to, by policy and class, `all` last.

    `costs` are those of a unit in the shop's currency, None or absent where unknown.
    """
    missing = {(sku.sku, (sku.abc or Abc.C).value) for sku in left_out}
    results = []
    for policy in dict.fromkeys(each.policy for each in replays):
        own = [each for each in replays if each.policy is policy]
        for abc in [*Abc, EVERY_CLASS]:
            those = [each for each in own if abc in (each.abc, EVERY_CLASS)]
            count = sum(abc in (each, EVERY_CLASS) for _, each in missing)
            if those:
                results.append(_result(policy, str(abc), those, count, costs))
    return results


def _result(
    policy: Policy,
    abc: str,
    replays: Sequence[Replay],
    left_out: int,
    costs: Mapping[str, Decimal | None],
) -> Result:
    wanted = sum(each.demand_units for each in replays)
    lost = sum(each.lost_units for each in replays)
    known = {each.sku for each in replays if costs.get(each.sku) is not None}
    amounts = [each.average_units * (costs[each.sku] or 0) for each in replays if each.sku in known]
    fill = None if not wanted else _rounded(Decimal(wanted - lost) / wanted, "0.000001")
    return Result(
        policy=policy,
        abc=abc,
        sku_count=len({each.sku for each in replays}),
        left_out_sku_count=left_out,
        first_date=min(each.first_date for each in replays),
        last_date=max(each.first_date + timedelta(days=each.days - 1) for each in replays),
        judged_days=sum(each.judged_days for each in replays),
        unjudged_days=sum(each.days - each.judged_days for each in replays),
        demand_units=wanted,
        lost_units=lost,
        fill_rate=fill,
        stockout_count=sum(each.stockouts for each in replays),
        short_days=sum(each.short_days for each in replays),
        average_units=int(_rounded(sum((each.average_units for each in replays), Decimal()), "1")),
        average_stock_amount=_rounded(sum(amounts, Decimal()), "0.01") if amounts else None,
        uncosted_sku_count=len({each.sku for each in replays} - known),
        order_count=sum(each.orders for each in replays),
        ordered_units=sum(each.ordered_units for each in replays),
    )


def _rounded(value: Decimal, places: str) -> Decimal:
    return value.quantize(Decimal(places), ROUND_HALF_UP)
