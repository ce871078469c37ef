"""A policy of the plan replayed over the days that were: what it would have sold, missed and kept.

Each day of the replay, in this order: what was ordered a lead time ago comes; on a buying day, one
in `review_days`, the plan is made from the days before (`plan_reorders`, the very plan of the night)
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

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

import numpy as np

from tasks.rules.classes import Abc
from tasks.rules.columns import Columns, Flags, Floats, Ints, Series, objects
from tasks.rules.reorder import order_quantity
from tasks.rules.reorder_plan import ReorderPlan, plan_reorders
from tasks.rules.skus import DAY, NEVER, Receipts, Skus


class Policy(StrEnum):
    """Who says what to order."""

    SEED90 = "seed90"
    PROTECTED = "protected"


ORDERS: Mapping[Policy, Callable[[ReorderPlan], Floats | Ints]] = {
    Policy.SEED90: lambda plans: plans.suggested_units_seed90,
    Policy.PROTECTED: lambda plans: plans.suggested_units,
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
class _Sent(Columns):
    """Orders on their way: of which row, the day it is expected, the day it comes, by number of the history."""

    row: Ints
    expected: Ints
    comes: Ints
    units: Ints

    def receipts(self, rows: int, day: int) -> Receipts:
        """Return what each of so many rows expects on the morning of `day`."""
        order = np.argsort(self.row, kind="stable")
        row = self.row[order]
        place = np.arange(len(row)) - np.searchsorted(row, row)
        most = int(place.max(initial=-1)) + 1
        due = np.full((rows, most), NEVER, dtype=np.int64)
        units = np.zeros((rows, most), dtype=np.int64)
        due[row, place], units[row, place] = self.expected[order] - day, self.units[order]
        return Receipts(due, units)


def can_be_replayed(skus: Skus) -> Flags:
    """Return of which there is a day to replay and a time that orders take."""
    return ~np.isnan(skus.lead_time_days) & (skus.daily.days > skus.window_days)


def replay(skus: Skus, policy: Policy) -> list[Replay]:
    """Return how `policy` would have kept each SKU over all of its days but the first window.

    `skus` is what is known tonight, with the whole history in `daily` and `in_stock`, oldest first.
    They must be of those that `can_be_replayed`, with windows of the same length. Day by day they are
    planned together; none sees another.
    """
    if not len(skus):
        return []
    rows, start = len(skus), int(skus.window_days.max(initial=1))
    sold, stocked = skus.daily.units.copy(), skus.in_stock.copy()
    shelf = _first_shelf(skus)
    places = np.arange(1, start + 1)
    last_sold = np.where(sold[:, :start] > 0, places, 0).max(axis=1) - 1
    way = _Sent(*(np.zeros(0, dtype=np.int64) for _ in fields(_Sent)))
    lost, judged, stockouts, short, unit_days, orders, ordered = np.zeros((7, rows), np.int64)
    for day in range(start, skus.daily.units.shape[1]):
        comes = way.comes <= day
        np.add.at(shelf, way.row[comes], way.units[comes])
        way = way[~comes]
        lasts = day < skus.daily.days
        buys = np.flatnonzero(lasts & ((day - start) % skus.review_days == 0))
        if len(buys):
            receipts = way.receipts(rows, day)[buys]
            window = slice(day - start, day)
            asked = _asked(
                skus[buys], policy, day, Series(sold[buys, window], np.full(len(buys), start)),
                stocked[buys, window], shelf[buys], receipts, last_sold[buys],
            )  # fmt: skip
            sent = buys[asked > 0]
            orders[sent] += 1
            ordered[buys] += asked
            way = _Sent.joined([way, _sent(skus, sent, day, asked[asked > 0])])
        wanted = np.where(lasts, skus.daily.units[:, day], 0)
        taken = np.minimum(wanted, shelf)
        last_sold[taken > 0] = day
        stockouts += lasts & (shelf > 0) & (taken == shelf)
        shelf = shelf - taken
        unit_days += np.where(lasts, shelf, 0)
        sold[:, day] = taken
        is_judged = lasts & (skus.in_stock[:, day] != 0)
        stocked[:, day] = np.where(is_judged, shelf > 0, -1)
        judged += is_judged
        lost += np.where(is_judged, wanted - taken, 0)
        short += is_judged & (wanted > taken)
    is_judged = skus.in_stock[:, start:] != 0
    wanted = skus.daily.units[:, start:].sum(axis=1, where=is_judged)
    first = skus.first_day + start * DAY
    figures = (
        skus.daily.days - start, judged, wanted, lost, stockouts, short, unit_days, orders, ordered,
    )  # fmt: skip
    return [
        Replay(sku, pool, policy, Abc(abc or Abc.C), *those)
        for sku, pool, abc, *those in zip(
            skus.sku,
            skus.pool,
            skus.abc,
            first.tolist(),
            *(figure.tolist() for figure in figures),
            strict=True,
        )
    ]


def _first_shelf(skus: Skus) -> Ints:
    """Return the units that every policy begins with."""
    window = skus.window_days
    days = skus.lead_time_days + skus.review_days + skus.cover_days
    units = skus.daily.units[:, : int(window.max(initial=1))].sum(axis=1)
    return order_quantity(units / window * days, 0, 0, 1).astype(np.int64)


def _sent(skus: Skus, rows: Ints, day: int, units: Ints) -> _Sent:
    """Return the orders of a day: the measured lead times in turn by day, or the stated one."""
    mean = np.ceil(skus.lead_time_days[rows]).astype(np.int64)
    takes = [
        times[day % len(times)] if times else usual
        for times, usual in zip(skus.lead_times[rows], mean, strict=True)
    ]
    return _Sent(rows, day + mean, day + np.array(takes, dtype=np.int64), units)


def _asked(
    skus: Skus,
    policy: Policy,
    day: int,
    sold: Series,
    stocked: Ints,
    shelf: Ints,
    on_order: Receipts,
    last_sold: Ints,
) -> Ints:
    """Return what the plan would have ordered by what was known on the morning of `day`."""
    first, count = skus.first_day, len(skus)
    nothing = np.full(count, np.datetime64("NaT", "D"))
    plans, _ = plan_reorders(
        replace(
            skus,
            as_of=first + day * DAY,
            daily=sold,
            in_stock=stocked,
            on_hand=shelf.astype(np.float64),
            available=shelf.astype(np.float64),
            on_order=on_order,
            backorders=np.zeros(count, dtype=np.int64),
            committed=np.zeros(count, dtype=np.int64),
            last_sale=np.where(last_sold >= 0, first + last_sold * DAY, nothing),
            known_since=first,
            known_to=nothing,
            is_stale=np.zeros(count, dtype=bool),
            doubts=objects([()] * count),
        )
    )
    return np.nan_to_num(ORDERS[policy](plans)).astype(np.int64)


def by_class(
    replays: Sequence[Replay],
    left_out: Skus,
    costs: Mapping[str, Decimal | None],
) -> list[Result]:
    """Return what the replays come to, by policy and class, `all` last.

    `costs` are those of a unit in the shop's currency, None or absent where unknown.
    """
    missing = {(sku, abc or Abc.C) for sku, abc in zip(left_out.sku, left_out.abc, strict=True)}
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
