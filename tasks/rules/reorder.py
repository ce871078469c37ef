"""The formulas of replenishment: reorder point, safety stock, quantity, projected stock-out.

Two policies. `seed90`: units of the window ÷ its calendar days × lead time + a buffer of days.
`protected`: the rate on in-stock days over lead time + review period, with safety stock. Each takes
columns, a row per SKU; what is not known is NaN.
"""

import math
from dataclasses import dataclass, replace
from datetime import date, timedelta
from statistics import NormalDist

import numpy as np

from tasks.rules.chances import quantile
from tasks.rules.columns import (
    Columns,
    Figures,
    Flags,
    Floats,
    Ints,
    Objects,
    Series,
    objects,
    ratio,
)
from tasks.rules.demand import (
    ADI_CUTOFF,
    CV2_CUTOFF,
    average_interval,
    demand_quantile,
    deviation,
    rolling_quantile,
    sba,
    squared_cv,
)
from tasks.rules.skus import NEVER, Receipts


@dataclass(frozen=True)
class Protection(Columns):
    """Demand over lead time + review period and what guards it; units, and days of it.

    `method` is how safety stock was found: normal, empirical, poisson for a short history, or stated
    where a person states the reorder point; None where rate or lead time is not known, and all else is NaN.
    """

    rate: Floats
    days: Floats
    demand_sd: Floats
    safety_stock: Floats
    method: Objects

    @property
    def reorder_point(self) -> Floats:
        """Position at or below which to order: rate × days + safety stock."""
        return self.rate * self.days + self.safety_stock

    def scaled(self, factor: Floats) -> "Protection":
        """Return it for demand that comes `factor` times as strong and otherwise alike."""
        return replace(
            self,
            rate=self.rate * factor,
            demand_sd=self.demand_sd * factor,
            safety_stock=self.safety_stock * factor,
        )

    def at_point(self, reorder_point: Floats) -> "Protection":
        """Return it with the reorder points that people state; what is beyond demand is safety stock."""
        is_stated = ~np.isnan(reorder_point + self.rate)
        beyond = reorder_point - self.rate * self.days
        return replace(
            self,
            safety_stock=np.where(is_stated, beyond, self.safety_stock),
            method=np.where(is_stated, "stated", self.method),
        )

    def order_up_to(self, cover_days: Figures) -> Floats:
        """Return the position that an order restores."""
        return self.reorder_point + self.rate * cover_days


@dataclass(frozen=True)
class Projection(Columns):
    """How stock runs out if demand goes on, in days after today; NaN where nothing sells.

    `stockout` is the first day whose demand is not met in full, `end` the first such day after
    every receipt, `short_days` how many such days come before the last receipt. `relief` is the
    receipt that ends the first gap; NaN where stock lasts to every receipt.
    """

    stockout: Floats
    short_days: Floats
    end: Floats
    relief: Floats


def safety_stock(
    service_level: Floats, days: Floats, demand_sd: Floats, rate: Floats, lead_time_sd: Floats
) -> Floats:
    """Return z × √(days × σ_d² + rate² × σ_L²), units, not rounded.

    `days` is the protection period (lead time + review period), σ_d of daily demand, σ_L of lead
    time in days, z the normal quantile of the cycle service level. Source: S. Chopra, "Supply
    Chain Management", chapter "Managing uncertainty in a supply chain: safety inventory".
    """
    spread = np.sqrt(days * demand_sd**2 + rate**2 * lead_time_sd**2)
    levels, which = np.unique(service_level, return_inverse=True)
    return np.array([NormalDist().inv_cdf(level) for level in levels.tolist()])[which] * spread


def seed90_reorder_point(
    units: Ints, window_days: Ints, lead_days: Floats, safety_days: float
) -> Floats:
    """Return units ÷ calendar days of the window × lead time + that rate × safety days."""
    return units / window_days * (lead_days + safety_days)


def protection(
    daily: Series,
    rate: Floats,
    lead_days: Floats,
    lead_sd: Floats,
    review_days: Ints,
    service_level: Floats,
    normal_min_units: int,
    lead_times: Objects,
) -> Protection:
    """Return the policy that protects lead time + review period at the cycle service level.

    Where demand is rare (ADI above 1.32, or under `normal_min_units` units in the period) the rate
    is the Syntetos-Boylan rate, and the period's demand the largest of three:
    the quantile of as many days drawn from `daily`, over lead times drawn from the supplier's
    receipts (`lead_times`, days; without them the stated one); the quantile of the periods that
    happened, whose days belong together; and Poisson's, for buyers who come independently vary no
    less, and a short history that shows less is luck. With a history shorter than the period only
    the last is left. The normal law is used for the rest only; there too the quantile drawn over
    measured lead times goes before it where it is the larger. Where amounts are unlike each other
    (CV² > 0.49) it is drawn in any case, and as the prediction that it is (`predicted`).
    """
    days = lead_days + review_days
    spread, interval = deviation(daily, 1), average_interval(daily)
    rare = np.isnan(interval) | (interval > ADI_CUTOFF) | (rate * days < normal_min_units)
    by_normal = ~rare & ~np.isnan(spread)
    safety = safety_stock(service_level, days, spread, rate, lead_sd)
    method = objects(["normal"] * len(daily))

    is_measured = np.array([bool(times) for times in lead_times.tolist()], dtype=bool)
    whole = np.ceil(days).astype(np.int64)
    happened = np.full(len(daily), np.nan)
    happened[~by_normal] = rolling_quantile(
        daily[~by_normal], whole[~by_normal], service_level[~by_normal]
    )
    drawn = np.full(len(daily), np.nan)
    is_erratic = squared_cv(daily) > CV2_CUTOFF
    draws = np.flatnonzero(np.where(by_normal, is_measured | is_erratic, ~np.isnan(happened)))
    spans = _spans(lead_times[draws], review_days[draws], whole[draws])
    drawn[draws] = demand_quantile(daily[draws], spans, service_level[draws])

    beyond = drawn - rate * days
    beyond = np.where(is_erratic, predicted(beyond, days, daily.days), beyond)
    needs_more = by_normal & (beyond > safety)
    safety = np.where(needs_more, beyond, safety)
    method[needs_more] = "empirical"

    few = np.flatnonzero(~by_normal)
    rate = rate.copy()
    rate[few] = np.nan_to_num(sba(daily[few]))
    usual = rate[few] * days[few]
    poisson = quantile(usual, np.ones(len(few)), service_level[few])
    needed = np.fmax(np.fmax(poisson, happened[few]), drawn[few])
    safety[few] = np.maximum(needed - usual, 0.0)
    method[few] = np.where(np.isnan(happened[few]), "poisson", "empirical")
    return Protection(rate, days, spread, safety, method)


def _spans(lead_times: Objects, review_days: Ints, whole_days: Ints) -> Objects:
    """Return the periods that a row's lead times make, days, one at least; without any the stated one."""
    known: dict[tuple[tuple[int, ...], int], tuple[int, ...]] = {}
    found = []
    for times, review, whole in zip(
        lead_times.tolist(), review_days.tolist(), whole_days.tolist(), strict=True
    ):
        key = (times, review if times else whole)
        if key not in known:
            known[key] = tuple(max(round(t + review), 1) for t in times) or (whole,)
        found.append(known[key])
    return objects(found)


def predicted(safety: Floats, days: Floats, known_days: Ints) -> Floats:
    """Return a safety stock for `days` whose rate is itself an estimate, from `known_days`.

    Demand of the days to come differs from the estimate by its own variance, days × σ², and by that
    of the mean, days² × σ² ÷ known_days: by √(1 + days ÷ known_days) times as much. Source: R. J.
    Hyndman, G. Athanasopoulos, "Forecasting: Principles and Practice", chapter "The forecaster's
    toolbox", section "Distributional forecasts and prediction intervals", the mean method.
    """
    return safety * np.sqrt(1 + ratio(days, known_days))


def independent_buyers(rate: Floats, days: Floats, service_level: Floats) -> Protection:
    """Return the policy where nothing but the rate is known: Poisson's quantile of the period."""
    needed = quantile(rate * days, np.ones(len(rate)), service_level)
    safety = np.maximum(needed - rate * days, 0.0)
    unknown = np.full(len(rate), np.nan)
    return Protection(rate, days, unknown, safety, objects(["poisson"] * len(rate)))


def at_least_poisson(guard: Protection, service_level: Floats, does_apply: Flags) -> Protection:
    """Return `guard` with Poisson's safety stock where its own is none although the SKU sells.

    The same number every day is what few days happen to show; independent buyers vary.
    """
    bare = np.flatnonzero(does_apply & ~(guard.safety_stock > 0) & (guard.rate > 0))
    safety, method = guard.safety_stock.copy(), guard.method.copy()
    floor = independent_buyers(guard.rate[bare], guard.days[bare], service_level[bare])
    safety[bare], method[bare] = floor.safety_stock, floor.method
    return replace(guard, safety_stock=safety, method=method)


def order_quantity(
    order_up_to: Figures, position: Figures, moq: Figures, case_pack: Figures
) -> Floats:
    """Return units to order: the gap rounded up, then up to the MOQ, then to full case packs.

    Nothing is needed, nothing is ordered: the MOQ does not make an order of its own.
    """
    # Rounded first, so that 40.000000001 of binary arithmetic is 40 and not a unit more.
    gap = np.ceil(np.round(order_up_to - position, 6))
    return np.where(gap <= 0, 0.0, np.ceil(np.maximum(gap, moq) / case_pack) * case_pack)


def stock_position(
    available: Floats, on_order: Receipts, backorders: Ints, committed: Ints
) -> Floats:
    """Return available + on order − backorders − committed wholesale, units."""
    return np.asarray(available + on_order.units.sum(axis=1) - backorders - committed)


def expected_date(
    promised: date | None, ordered: date | None, lead_days: float | None, as_of: date
) -> date | None:
    """Return when a placed order line is expected: the promised day, else a lead time after its order.

    Without a promise it comes on the day after `as_of` at the earliest; without the day of the order
    or a lead time nobody knows when.
    """
    if promised:
        return promised
    usual = arrival(ordered, lead_days)
    return max(usual, as_of + timedelta(days=1)) if usual else None


def without_promise(
    po_number: str, units: int, ordered: date | None, due: date | None, lead_days: float | None
) -> str:
    """Return what is said of a placed order line without a promised day, expected on `due`."""
    promise = f"{po_number} promises no day for {units} units"
    if due:
        return f"{promise}: by the usual lead time they come on {due}."
    if ordered and lead_days is None:
        missing = "its lead time is"
    else:
        missing = (
            "the day of its order is" if lead_days else "the day of its order and its lead time are"
        )
    return (
        f"{promise}, and {missing} not known: they count as on order, and no stock-out is expected to end"
        " with them."
    )


def arrival(ordered: date | None, lead_days: float | None) -> date | None:
    """Return the day on which an order comes, in whole days; None where its day or its lead time is not known."""
    if ordered is None or lead_days is None:
        return None
    return ordered + timedelta(days=math.ceil(lead_days))


def expected_receipts(on_order: Receipts, late_receipt_days: int) -> Receipts:
    """Return the receipts that still count, by day: those too long overdue do not.

    One overdue within the limit is expected tomorrow, the next day it can come. One of an unknown day is last.
    """
    counts = on_order.due >= -late_receipt_days
    due = np.where(counts, np.maximum(on_order.due, 1), NEVER)
    order = np.argsort(due, axis=1, kind="stable")
    units = np.where(counts, on_order.units, 0)
    return Receipts(*(np.take_along_axis(column, order, axis=1) for column in (due, units)))


def project(units: Floats, rate: Floats, receipts: Receipts) -> Projection:
    """Return how `units` last from today on, with receipts by day; NaN where nothing sells.

    A receipt serves the day it comes. Sales missed while out of stock are lost, not owed.
    """
    sells = rate > 0
    per_day = np.where(sells, rate, np.nan)
    level, day = np.maximum(units, 0.0), np.zeros(len(units))
    short = np.zeros(len(units))
    first, relief = np.full(len(units), np.nan), np.full(len(units), np.nan)
    for due, coming in zip(receipts.due.T, receipts.units.T, strict=True):
        comes = due < NEVER
        empty = day + whole_days(level, per_day)
        is_out = comes & (empty < due)
        is_first = is_out & np.isnan(first)
        first, relief = np.where(is_first, empty, first), np.where(is_first, due, relief)
        short += np.where(is_out, due - empty, 0)
        left = np.where(is_out, 0.0, level - per_day * (due - day)) + coming
        level, day = np.where(comes, left, level), np.where(comes, due, day)
    end = day + whole_days(level, per_day)
    return Projection(
        stockout=np.where(np.isnan(first), end, first),
        short_days=np.where(sells, short, np.nan),
        end=end,
        relief=relief,
    )


def whole_days(units: Floats, rate: Floats) -> Floats:
    """Return the days whose demand `units` meet in full, ten years at most."""
    return np.minimum(np.floor(np.round(units / rate, 6)), 3653)
