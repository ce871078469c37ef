"""The reorder plan of one SKU in one replenishment pool: both policies and the decision."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from tasks.rules.classes import Abc, Xyz, xyz_class
from tasks.rules.demand import Spike, cap_spikes, in_stock_series, velocity
from tasks.rules.rate import Rate, rate_of
from tasks.rules.reorder import (
    Protection,
    Receipt,
    at_least_poisson,
    expected_receipts,
    independent_buyers,
    order_quantity,
    project,
    protection,
    seed90_reorder_point,
    stock_position,
)
from tasks.rules.reorder_action import Action, Decision, ReorderInput, Situation, decide

ORDERING = frozenset({Action.REORDER, Action.ESCALATE})


class Confidence(StrEnum):
    """How far the rate may be trusted."""

    NORMAL = "normal"
    LOW = "low"


@dataclass(frozen=True)
class ReorderPlan:
    """A row of marts.reorder_plan. What has no data behind it is None, never 0.

    `transfer_units` can come from another pool; `is_covered` says that with them, and with what is
    on order there, nothing has to be bought for this one. `beyond_limit_units` would be bought, but
    Amazon does not take them.
    """

    sku: str
    pool: str
    units_90d: int
    in_stock_days: int | None
    known_days: int
    velocity: Decimal | None
    calendar_velocity: Decimal | None
    demand_rate: Decimal | None
    sell_through_rate: Decimal | None
    days_of_cover: Decimal | None
    lead_time_days: Decimal | None
    lead_time_sd: Decimal | None
    review_days: int
    demand_sd: Decimal | None
    service_level: Decimal
    safety_stock: Decimal | None
    reorder_point: Decimal | None
    reorder_point_seed90: Decimal | None
    on_hand: int | None
    on_order: int
    backorders: int
    position: int | None
    action: Action
    rule_id: str
    suggested_units: int
    suggested_units_seed90: int | None
    suggested_amount: Decimal | None
    order_by_date: date | None
    stockout_date: date | None
    abc: Abc | None
    xyz: Xyz | None
    confidence: Confidence
    method: str | None
    owner: str | None
    reason: str
    transfer_units: int = 0
    is_covered: bool = False
    beyond_limit_units: int = 0

    @property
    def is_needed(self) -> bool:
        """Whether it asks for a purchase: it must be ordered, and no other pool covers it."""
        return self.action in ORDERING and not self.is_covered


def plan_reorder(sku: ReorderInput) -> ReorderPlan:
    """Return the plan of one SKU; the same inputs give the same plan."""
    limits, window = sku.thresholds, len(sku.daily)
    capped, spikes = cap_spikes(
        sku.daily, limits.spike_sds, limits.spike_share, limits.spike_multiple
    )
    stocked = sku.in_stock.count(True)
    known = len(sku.in_stock) - sku.in_stock.count(None)
    calendar = sum(capped) / window if window else None
    # Until enough days are known the calendar counts: an unknown day is not one out of stock.
    is_calendar = known < limits.min_in_stock_days
    series = capped if is_calendar else in_stock_series(capped, sku.in_stock)
    v = calendar if is_calendar else velocity(capped, sku.in_stock)
    counted = rate_of(sku, series, v)
    guard = protect(sku, series, counted)
    rate = guard.rate if guard else counted.per_day
    receipts = expected_receipts(sku.on_order, sku.as_of, limits.late_receipt_days)
    units = sum(sku.daily)
    now = situation(sku, guard, rate, receipts)
    decision = decide(sku, now)
    seed_point = seed90_point(sku, units)
    seed_units = seed90_units(sku, units, now.position, seed_point)
    why_low = low_confidence(sku, known, stocked)
    suggested = suggested_units(sku, guard, now, decision) if guard else 0
    notes = [decision.why, *spike_notes(sku, spikes), *rate_notes(sku, counted)]
    if guard and sku.emergency_units and guard.safety_stock == sku.emergency_units:
        notes.append(f"Safety stock is the emergency level of {sku.emergency_units} units.")
    if why_low:
        notes.append(why_low)
        if not sku.is_peer_named and suggested > (seed_units or 0):
            notes.append(f"Cut from {suggested} units to what seed90 says.")
            suggested = seed_units or 0
    return ReorderPlan(
        sku=sku.sku,
        pool=sku.pool,
        units_90d=units,
        in_stock_days=stocked if known else None,
        known_days=known,
        velocity=decimal(v, "0.0001"),
        calendar_velocity=decimal(calendar, "0.0001"),
        demand_rate=decimal(rate, "0.0001"),
        sell_through_rate=sell_through_rate(units, sku.on_hand),
        days_of_cover=decimal(
            max(sku.available, 0) / rate if rate and sku.available is not None else None, "0.1"
        ),
        lead_time_days=decimal(sku.lead_time_days, "0.01"),
        lead_time_sd=decimal(sku.lead_time_sd if guard else None, "0.01"),
        review_days=sku.review_days,
        demand_sd=decimal(guard.demand_sd, "0.0001") if guard else None,
        service_level=sku.service_level,
        safety_stock=decimal(guard.safety_stock, "0.01") if guard else None,
        reorder_point=now.reorder_point,
        reorder_point_seed90=seed_point,
        on_hand=sku.on_hand,
        on_order=sum(receipt.units for receipt in receipts),
        backorders=sku.backorders,
        position=now.position,
        action=decision.action,
        rule_id=decision.rule_id,
        suggested_units=suggested,
        suggested_units_seed90=seed_units,
        suggested_amount=None if sku.unit_cost is None else suggested * sku.unit_cost,
        order_by_date=decision.order_by_date,
        stockout_date=now.stockout_date,
        abc=sku.abc,
        xyz=xyz_class(capped),
        confidence=Confidence.LOW if why_low else Confidence.NORMAL,
        method=guard.method if guard else None,
        owner=sku.owner,
        reason=" ".join([*notes, *sku.doubts, *filter(None, [sku.hint])]),
    )


def capped_days(sku: ReorderInput) -> list[tuple[date, Spike]]:
    """Return the days whose units were capped, with what counts of them."""
    limits = sku.thresholds
    _, spikes = cap_spikes(sku.daily, limits.spike_sds, limits.spike_share, limits.spike_multiple)
    return [(sku.first_day + timedelta(days=spike.day), spike) for spike in spikes]


def situation(
    sku: ReorderInput, guard: Protection | None, rate: float | None, receipts: Sequence[Receipt]
) -> Situation:
    """Return what the decision looks at; without a count there is no position and no projection."""
    point = decimal(guard.reorder_point, "0.01") if guard else None
    if sku.available is None:
        return Situation(None, rate, point)
    free = sku.available - sku.backorders - sku.committed
    ahead = project(free, rate or 0.0, receipts, sku.as_of)
    by = sku.as_of + timedelta(days=math.ceil(guard.days) if guard else 0)
    in_time = [receipt for receipt in receipts if receipt.due_date <= by]
    return Situation(
        position=stock_position(sku.available, receipts, sku.backorders, sku.committed),
        rate=rate,
        reorder_point=point,
        stockout_date=ahead.stockout_date if ahead else None,
        position_in_time=stock_position(sku.available, in_time, sku.backorders, sku.committed),
        relief_date=ahead.relief_date if ahead else None,
    )


def suggested_units(
    sku: ReorderInput, guard: Protection, now: Situation, decision: Decision
) -> int:
    """Return what to order by the protected policy, full cases.

    Before a late receipt no more than lasts until it comes, with the safety stock on top.
    """
    if now.position is None or now.position_in_time is None or decision.action not in ORDERING:
        return 0
    if decision.rule_id == "receipt-too-late":
        return 0
    up_to, position = guard.order_up_to(sku.cover_days), now.position
    if decision.rule_id == "gap-before-receipt" and now.relief_date:
        until = guard.rate * (now.relief_date - sku.as_of).days + guard.safety_stock
        up_to, position = min(up_to, until), now.position_in_time
    return order_quantity(up_to, position, sku.moq, sku.case_pack)


def low_confidence(sku: ReorderInput, known: int, stocked: int) -> str:
    """Return why the rate or the stock may not be trusted; empty where they may."""
    window, least = len(sku.daily), sku.thresholds.min_in_stock_days
    if sku.peer_rate is not None:
        return "Low confidence: it has too few days of its own."
    if known < least:
        return (
            f"Low confidence: stock is known of {known} of {window} days, so the calendar counts."
        )
    if stocked < least:
        return f"Low confidence: in stock on {stocked} of {known} known days."
    return "Low confidence: the stock count is older than its limit." if sku.is_stale else ""


def rate_notes(sku: ReorderInput, rate: Rate) -> list[str]:
    """Return a sentence on the rate where it is not simply what the SKU sold a day."""
    notes = [rate.why] if rate.why else []
    if sku.season_factor != 1:
        notes.append(f"The season makes it {sku.season_factor:.2f} times the window's demand.")
    return notes


def protect(sku: ReorderInput, series: Sequence[int], rate: Rate) -> Protection | None:
    """Return the protected policy; None where rate or lead time is unknown."""
    if rate.per_day is None or sku.lead_time_days is None:
        return None
    level, days = float(sku.service_level), sku.lead_time_days + sku.review_days
    if not rate.is_own:
        return independent_buyers(rate.per_day, days, level).scaled(sku.season_factor)
    guard = protection(
        series,
        rate.per_day,
        sku.lead_time_days,
        sku.lead_time_sd,
        sku.review_days,
        level,
        sku.thresholds.normal_min_units,
        sku.lead_times,
    )
    guard = at_least_poisson(guard, level) if sku.abc is Abc.A else guard
    guard = guard.scaled(sku.season_factor)
    return replace(guard, safety_stock=max(guard.safety_stock, float(sku.emergency_units)))


def seed90_point(sku: ReorderInput, units: int) -> Decimal | None:
    """Return the reorder point of the seed90 policy; None without a window or a lead time."""
    if not sku.daily or sku.lead_time_days is None:
        return None
    days = sku.thresholds.safety_days
    return decimal(seed90_reorder_point(units, sku.window_days, sku.lead_time_days, days), "0.01")


def seed90_units(
    sku: ReorderInput, units: int, position: int | None, point: Decimal | None
) -> int | None:
    """Return what the seed90 policy would order; None without a reorder point or a stock count."""
    if point is None or position is None:
        return None
    if not units or position > point:
        return 0
    up_to = float(point) + units / sku.window_days * sku.cover_days
    return order_quantity(up_to, position, sku.moq, sku.case_pack)


def sell_through_rate(sold: int, on_hand: int | None) -> Decimal | None:
    """Return sold ÷ (sold + on hand), 0 to 1; None where there was nothing to sell, or no count."""
    if on_hand is None:
        return None
    had = sold + max(on_hand, 0)
    return decimal(sold / had, "0.0001") if had else None


def spike_notes(sku: ReorderInput, spikes: Sequence[Spike]) -> list[str]:
    """Return a sentence for each day whose units were capped."""
    first = sku.first_day
    return [
        f"The {spike.units} units of {first + timedelta(days=spike.day)} count as {spike.counted}."
        for spike in spikes
    ]


def decimal(value: float | None, places: str) -> Decimal | None:
    """Return a figure to the places that are stored, half up; None stays None."""
    return None if value is None else Decimal(value).quantize(Decimal(places), ROUND_HALF_UP)
