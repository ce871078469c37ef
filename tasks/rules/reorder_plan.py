"""The reorder plan of one SKU in one replenishment pool: both policies and the decision."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from tasks.rules.classes import Abc, Xyz, xyz_class
from tasks.rules.demand import Spike, cap_spikes, in_stock_series, velocity
from tasks.rules.reorder import (
    Protection,
    expected_receipts,
    order_quantity,
    project,
    protection,
    seed90_reorder_point,
    stock_position,
)
from tasks.rules.reorder_action import Action, ReorderInput, Situation, decide

RULE_VERSION = "reorder-plan-1"
ORDERING = frozenset({Action.REORDER, Action.ESCALATE})


class Confidence(StrEnum):
    """How far the rate may be trusted."""

    NORMAL = "normal"
    LOW = "low"


@dataclass(frozen=True)
class ReorderPlan:
    """A row of marts.reorder_plan. What has no data behind it is None, never 0."""

    sku: str
    units_90d: int
    in_stock_days: int | None
    velocity: Decimal | None
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
    on_hand: int
    on_order: int
    backorders: int
    position: int
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
    rule_version: str = RULE_VERSION


def plan_reorder(sku: ReorderInput) -> ReorderPlan:
    """Return the plan of one SKU; the same inputs give the same plan."""
    limits, window = sku.thresholds, len(sku.daily)
    stocked = [True] * window if sku.in_stock is None else sku.in_stock
    capped, spikes = cap_spikes(sku.daily, limits.spike_sds, limits.spike_share)
    rate = velocity(capped, stocked)
    guard = protect(sku, in_stock_series(capped, stocked), rate)
    rate = guard.rate if guard else rate
    receipts = expected_receipts(sku.on_order, sku.as_of, limits.late_receipt_days)
    position = stock_position(sku.available, receipts, sku.backorders, sku.committed)
    free = sku.available - sku.backorders - sku.committed
    ahead = project(free, rate or 0.0, receipts, sku.as_of)
    now = Situation(
        position=position,
        rate=rate,
        reorder_point=decimal(guard.reorder_point, "0.01") if guard else None,
        stockout_date=ahead.stockout_date if ahead else None,
    )
    decision = decide(sku, now)
    units = sum(sku.daily)
    seed_point = seed90_point(sku, units)
    suggested = 0
    if guard and decision.action in ORDERING:
        suggested = order_quantity(
            guard.order_up_to(sku.cover_days), position, sku.moq, sku.case_pack
        )
    low = sku.in_stock is None or sum(stocked) < limits.min_in_stock_days
    return ReorderPlan(
        sku=sku.sku,
        units_90d=units,
        in_stock_days=None if sku.in_stock is None else sum(stocked),
        velocity=decimal(velocity(sku.daily, stocked), "0.0001"),
        demand_rate=decimal(rate, "0.0001"),
        sell_through_rate=sell_through_rate(units, sku.on_hand),
        days_of_cover=decimal(max(sku.available, 0) / rate if rate else None, "0.1"),
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
        position=position,
        action=decision.action,
        rule_id=decision.rule_id,
        suggested_units=suggested,
        suggested_units_seed90=seed90_units(sku, units, position, seed_point),
        suggested_amount=None if sku.unit_cost is None else suggested * sku.unit_cost,
        order_by_date=decision.order_by_date,
        stockout_date=now.stockout_date,
        abc=sku.abc,
        xyz=xyz_class(capped),
        confidence=Confidence.LOW if low else Confidence.NORMAL,
        method=guard.method if guard else None,
        owner=sku.owner,
        reason=" ".join([decision.why, *spike_notes(sku, spikes)]),
    )


def protect(sku: ReorderInput, series: Sequence[int], rate: float | None) -> Protection | None:
    """Return the protected policy; None where rate or lead time is unknown."""
    if rate is None or sku.lead_time_days is None:
        return None
    return protection(
        series,
        rate,
        sku.lead_time_days,
        sku.lead_time_sd,
        sku.review_days,
        float(sku.service_level),
        sku.thresholds.normal_min_units,
    )


def seed90_point(sku: ReorderInput, units: int) -> Decimal | None:
    """Return the reorder point of the seed90 policy; None without a window or a lead time."""
    if not sku.daily or sku.lead_time_days is None:
        return None
    days = sku.thresholds.safety_days
    return decimal(seed90_reorder_point(units, len(sku.daily), sku.lead_time_days, days), "0.01")


def seed90_units(sku: ReorderInput, units: int, position: int, point: Decimal | None) -> int | None:
    """Return what the seed90 policy would order; None where it has no reorder point."""
    if point is None:
        return None
    if not units or position > point:
        return 0
    up_to = float(point) + units / len(sku.daily) * sku.cover_days
    return order_quantity(up_to, position, sku.moq, sku.case_pack)


def sell_through_rate(sold: int, on_hand: int) -> Decimal | None:
    """Return sold ÷ (sold + on hand), 0 to 1; None where there was nothing to sell."""
    had = sold + max(on_hand, 0)
    return decimal(sold / had, "0.0001") if had else None


def spike_notes(sku: ReorderInput, spikes: Sequence[Spike]) -> list[str]:
    """Return a sentence for each day whose units were capped."""
    first = sku.as_of - timedelta(days=len(sku.daily))
    return [
        f"The {spike.units} units of {first + timedelta(days=spike.day)} count as {spike.counted}."
        for spike in spikes
    ]


def decimal(value: float | None, places: str) -> Decimal | None:
    """Return a figure to the places that are stored, half up; None stays None."""
    return None if value is None else Decimal(value).quantize(Decimal(places), ROUND_HALF_UP)
