"""The formulas of replenishment: reorder point, safety stock, quantity, projected stock-out.

Two policies. `seed90`: units of the window ÷ its calendar days × lead time + a buffer of days.
`protected`: the rate on in-stock days over lead time + review period, with safety stock.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from statistics import NormalDist

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
from tasks.rules.oversell import quantile


@dataclass(frozen=True)
class Receipt:
    """Units that a supplier confirmed for a day."""

    due_date: date
    units: int


@dataclass(frozen=True)
class Protection:
    """Demand over lead time + review period and what guards it; units, and days of it.

    `method` is how safety stock was found: normal, empirical, or poisson for a short history.
    """

    rate: float
    days: float
    demand_sd: float | None
    safety_stock: float
    method: str

    @property
    def reorder_point(self) -> float:
        """Position at or below which to order: rate × days + safety stock."""
        return self.rate * self.days + self.safety_stock

    def scaled(self, factor: float) -> "Protection":
        """Return it for demand that comes `factor` times as strong and otherwise alike."""
        if factor == 1:
            return self
        spread = None if self.demand_sd is None else self.demand_sd * factor
        return replace(
            self,
            rate=self.rate * factor,
            demand_sd=spread,
            safety_stock=self.safety_stock * factor,
        )

    def order_up_to(self, cover_days: float) -> float:
        """Return the position that an order restores."""
        return self.reorder_point + self.rate * cover_days


@dataclass(frozen=True)
class Projection:
    """How stock runs out if demand goes on.

    `stockout_date` is the first day whose demand is not met in full, `end_date` the first such
    day after every receipt, `short_days` how many such days come before the last receipt.
    `relief_date` is the receipt that ends the first gap; None where stock lasts to every receipt.
    """

    stockout_date: date
    short_days: int
    end_date: date
    relief_date: date | None = None


def safety_stock(
    service_level: float, days: float, demand_sd: float, rate: float, lead_time_sd: float
) -> float:
    """Return z × √(days × σ_d² + rate² × σ_L²), units, not rounded.

    `days` is the protection period (lead time + review period), σ_d of daily demand, σ_L of lead
    time in days, z the normal quantile of the cycle service level. Source: S. Chopra, "Supply
    Chain Management", chapter "Managing uncertainty in a supply chain: safety inventory".
    """
    spread = math.sqrt(days * demand_sd**2 + rate**2 * lead_time_sd**2)
    return NormalDist().inv_cdf(service_level) * spread


def seed90_reorder_point(
    units: int, window_days: int, lead_days: float, safety_days: float
) -> float:
    """Return units ÷ calendar days of the window × lead time + that rate × safety days."""
    return units / window_days * (lead_days + safety_days)


def protection(
    daily: Sequence[int],
    rate: float,
    lead_days: float,
    lead_sd: float,
    review_days: float,
    service_level: float,
    normal_min_units: int,
    lead_times: Sequence[int] = (),
) -> Protection:
    """Return the protected policy for the days on which the SKU could sell, `daily`.

    Where demand is seldom (ADI > 1.32) or fewer than `normal_min_units` are expected in the
    period, the rate is the Syntetos-Boylan rate, and the period's demand the largest of three:
    the quantile of as many days drawn from `daily`, over lead times drawn from the supplier's
    receipts (`lead_times`, days; without them the stated one); the quantile of the periods that
    happened, whose days belong together; and Poisson's, for buyers who come independently vary no
    less, and a short history that shows less is luck. With a history shorter than the period only
    the last is left. The normal law is used for the rest only; there too the quantile drawn over
    measured lead times goes before it where it is the larger. Where amounts are unlike each other
    (CV² > 0.49) it is drawn in any case, and as the prediction that it is (`predicted`).
    """
    days = lead_days + review_days
    spread = deviation(daily, 1) if len(daily) > 1 else None
    interval = average_interval(daily)
    rare = interval is None or interval > ADI_CUTOFF or rate * days < normal_min_units
    spans = [max(round(lead + review_days), 1) for lead in lead_times] or [math.ceil(days)]
    if not rare and spread is not None:
        safety = safety_stock(service_level, days, spread, rate, lead_sd)
        is_erratic = (squared_cv(daily) or 0.0) > CV2_CUTOFF
        if lead_times or is_erratic:
            drawn = demand_quantile(daily, spans, service_level) or 0
            beyond = drawn - rate * days
            beyond = predicted(beyond, days, len(daily)) if is_erratic else beyond
            if beyond > safety:
                return Protection(rate, days, spread, beyond, "empirical")
        return Protection(rate, days, spread, safety, "normal")
    rate = sba(daily) or 0.0
    needed = quantile(rate * days, 1.0, service_level)
    method = "poisson"
    happened = rolling_quantile(daily, math.ceil(days), service_level)
    if happened is not None:
        method = "empirical"
        needed = max(needed, happened, demand_quantile(daily, spans, service_level) or 0)
    return Protection(rate, days, spread, max(needed - rate * days, 0.0), method)


def predicted(safety: float, days: float, known_days: int) -> float:
    """Return a safety stock for `days` whose rate is itself an estimate, from `known_days`.

    Demand of the days to come differs from the estimate by its own variance, days × σ², and by that
    of the mean, days² × σ² ÷ known_days: by √(1 + days ÷ known_days) times as much. Source: R. J.
    Hyndman, G. Athanasopoulos, "Forecasting: Principles and Practice", chapter "The forecaster's
    toolbox", section "Distributional forecasts and prediction intervals", the mean method.
    """
    return safety * math.sqrt(1 + days / known_days)


def independent_buyers(rate: float, days: float, service_level: float) -> Protection:
    """Return the policy where nothing but the rate is known: Poisson's quantile of the period."""
    safety = max(quantile(rate * days, 1.0, service_level) - rate * days, 0.0)
    return Protection(rate, days, None, safety, "poisson")


def at_least_poisson(guard: Protection, service_level: float) -> Protection:
    """Return `guard` with Poisson's safety stock where its own is none although the SKU sells.

    The same number every day is what few days happen to show; independent buyers vary.
    """
    if guard.safety_stock > 0 or guard.rate <= 0:
        return guard
    least = independent_buyers(guard.rate, guard.days, service_level)
    return replace(guard, safety_stock=least.safety_stock)


def order_quantity(order_up_to: float, position: int, moq: int = 0, case_pack: int = 1) -> int:
    """Return units to order: the gap rounded up, then up to the MOQ, then to full case packs.

    Nothing is needed, nothing is ordered: the MOQ does not make an order of its own.
    """
    # Rounded first, so that 40.000000001 of binary arithmetic is 40 and not a unit more.
    gap = math.ceil(round(order_up_to - position, 6))
    return 0 if gap <= 0 else math.ceil(max(gap, moq) / case_pack) * case_pack


def stock_position(
    available: int, on_order: Sequence[Receipt], backorders: int, committed: int
) -> int:
    """Return available + on order − backorders − committed wholesale, units."""
    return available + sum(receipt.units for receipt in on_order) - backorders - committed


def expected_date(
    promised: date | None, ordered: date | None, lead_days: float | None, as_of: date
) -> date:
    """Return when a placed order line is expected: the promised day, else a lead time after its order.

    Without a day of the order it is as if ordered on `as_of`; without a promise it comes on the day
    after `as_of` at the earliest.
    """
    if promised:
        return promised
    return max(arrival(ordered or as_of, lead_days), as_of + timedelta(days=1))


def arrival(ordered: date, lead_days: float | None) -> date:
    """Return the day on which an order comes, in whole days; at once where no lead time is known."""
    return ordered + timedelta(days=math.ceil(lead_days or 0))


def expected_receipts(
    on_order: Sequence[Receipt], as_of: date, late_receipt_days: int
) -> tuple[Receipt, ...]:
    """Return the receipts that still count, by day: those too long overdue do not.

    One overdue within the limit is expected on `as_of` + 1, the next day it can come.
    """
    oldest = as_of - timedelta(days=late_receipt_days)
    return tuple(
        sorted(
            (
                Receipt(max(receipt.due_date, as_of + timedelta(days=1)), receipt.units)
                for receipt in on_order
                if receipt.due_date >= oldest
            ),
            key=lambda receipt: receipt.due_date,
        )
    )


def project(
    units: float, rate: float, receipts: Sequence[Receipt], as_of: date
) -> Projection | None:
    """Return how `units` last from `as_of` on, with receipts by day; None when nothing sells.

    A receipt serves the day it comes. Sales missed while out of stock are lost, not owed.
    """
    if rate <= 0:
        return None
    level, day, short = max(units, 0.0), 0, 0
    first: int | None = None
    relief: date | None = None
    for receipt in receipts:
        arrives = (receipt.due_date - as_of).days
        empty = day + whole_days(level, rate)
        if empty < arrives:
            if first is None:
                first, relief = empty, receipt.due_date
            short += arrives - empty
            level = 0.0
        else:
            level -= rate * (arrives - day)
        level += receipt.units
        day = arrives
    end = day + whole_days(level, rate)
    return Projection(
        stockout_date=as_of + timedelta(days=end if first is None else first),
        short_days=short,
        end_date=as_of + timedelta(days=end),
        relief_date=relief,
    )


def whole_days(units: float, rate: float) -> int:
    """Return the days whose demand `units` meet in full, ten years at most."""
    return min(math.floor(round(units / rate, 6)), 3653)
