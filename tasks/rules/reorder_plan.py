"""The reorder plan of SKUs, each in one replenishment pool: both policies and the decision."""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from tasks.rules.classes import Abc, xyz_class
from tasks.rules.columns import (
    Amounts,
    Columns,
    Days,
    Decimals,
    Flags,
    Floats,
    Ints,
    Objects,
    Series,
    Texts,
    Units,
    half_up,
    objects,
    ratio,
)
from tasks.rules.demand import Spikes, cap_spikes, velocity
from tasks.rules.rate import Rate, rate_of
from tasks.rules.reorder import (
    Protection,
    at_least_poisson,
    expected_receipts,
    independent_buyers,
    order_quantity,
    project,
    protection,
    seed90_reorder_point,
    stock_position,
)
from tasks.rules.reorder_action import Action, Decision, Situation, after, decide
from tasks.rules.skus import DAY, Receipts, Skus

ORDERING = (Action.REORDER, Action.ESCALATE)
AT_ONCE = 8192  # SKUs: their days fit into the processor's cache


class Confidence(StrEnum):
    """How far the rate may be trusted."""

    NORMAL = "normal"
    LOW = "low"


@dataclass(frozen=True)
class ReorderPlan(Columns):
    """Rows of marts.reorder_plan. What has no data behind it is NaN, NaT or None, never 0.

    Figures are rounded as they are stored. `transfer_units` can come from another pool; `is_covered`
    says that with them, and with what is on order there, nothing has to be bought for this one.
    `beyond_limit_units` would be bought, but Amazon does not take them.
    """

    sku: Texts
    pool: Texts
    units_90d: Ints
    in_stock_days: Units
    known_days: Ints
    velocity: Decimals
    calendar_velocity: Decimals
    demand_rate: Decimals
    sell_through_rate: Decimals
    days_of_cover: Decimals
    lead_time_days: Decimals
    lead_time_sd: Decimals
    review_days: Ints
    demand_sd: Decimals
    service_level: Decimals
    safety_stock: Decimals
    reorder_point: Decimals
    reorder_point_seed90: Decimals
    on_hand: Units
    on_order: Ints
    backorders: Ints
    position: Units
    action: Texts
    rule_id: Texts
    suggested_units: Ints
    suggested_units_seed90: Units
    suggested_amount: Amounts
    order_by_date: Days
    stockout_date: Days
    abc: Texts
    xyz: Texts
    confidence: Texts
    method: Texts
    owner: Texts
    reason: Texts
    transfer_units: Ints
    is_covered: Flags
    beyond_limit_units: Ints
    override_reason: Texts
    override_until: Days

    @property
    def is_ordered(self) -> Flags:
        """Which of them must be ordered, or come from another pool."""
        return np.isin(self.action.astype(str), ORDERING)

    @property
    def is_needed(self) -> Flags:
        """Which ask for a purchase: they must be ordered, and no other pool covers them."""
        return self.is_ordered & ~self.is_covered


def plan_reorders(skus: Skus) -> tuple[ReorderPlan, Spikes]:
    """Return the plan of each SKU in its pool, and the days whose units were capped."""
    plans, spikes = [], []
    for start in range(0, max(len(skus), 1), AT_ONCE):
        plan, capped = _planned(skus[start : start + AT_ONCE])
        plans.append(plan)
        spikes.append(replace(capped, row=capped.row + start))
    return ReorderPlan.joined(plans), Spikes.joined(spikes)


def _planned(skus: Skus) -> tuple[ReorderPlan, Spikes]:
    limits, window = skus.thresholds, skus.daily.days
    capped, spikes = cap_spikes(
        skus.daily, limits.spike_sds, limits.spike_share, limits.spike_multiple
    )
    stocked = np.count_nonzero(skus.in_stock == 1, axis=1)
    known = np.count_nonzero(skus.in_stock >= 0, axis=1)
    calendar = ratio(capped.totals, window)
    # Until enough days are known the calendar counts: an unknown day is not one out of stock.
    is_calendar = known < limits.min_in_stock_days
    is_day = np.arange(capped.units.shape[1]) < window[:, None]
    series = capped.kept(np.where(is_calendar[:, None], is_day, skus.in_stock == 1))
    v = np.where(is_calendar, calendar, velocity(capped, skus.in_stock))
    counted = rate_of(skus, series, v)
    guard = protect(skus, series, counted).at_point(skus.stated_point)
    is_guarded = ~np.isnan(guard.rate)
    rate = np.where(is_guarded, guard.rate, counted.per_day)
    receipts = expected_receipts(skus.on_order, limits.late_receipt_days)
    units = skus.daily.totals
    now = situation(skus, guard, rate, receipts)
    decision = decide(skus, now)
    seed_point = seed90_point(skus, units)
    seed_units = seed90_units(skus, units, now.position, seed_point)
    why_low = low_confidence(skus, known, stocked)
    is_low = why_low != ""
    suggested = suggested_units(skus, guard, now, decision)
    cut = is_low & ~skus.is_peer_named & (suggested > np.nan_to_num(seed_units))
    ordered = np.where(cut, np.nan_to_num(seed_units), suggested)
    is_emergency = (skus.emergency_units > 0) & (guard.safety_stock == skus.emergency_units)
    notes = [
        spike_notes(skus, spikes),
        counted.why,
        season_notes(skus),
        _where(is_emergency, "Safety stock is the emergency level of {:.0f} units.", guard.safety_stock),
        why_low,
        _where(cut, "Cut from {:.0f} units to what seed90 says.", suggested),
        objects(" ".join(doubts) for doubts in skus.doubts),
        skus.hint,
    ]  # fmt: skip
    plan = ReorderPlan(
        sku=skus.sku,
        pool=skus.pool,
        units_90d=units,
        in_stock_days=np.where(known > 0, stocked, np.nan),
        known_days=known,
        velocity=half_up(v, 4),
        calendar_velocity=half_up(calendar, 4),
        demand_rate=half_up(rate, 4),
        sell_through_rate=sell_through_rate(units, skus.on_hand),
        days_of_cover=half_up(ratio(np.maximum(skus.available, 0), np.nan_to_num(rate)), 1),
        lead_time_days=half_up(skus.lead_time_days, 2),
        lead_time_sd=half_up(np.where(is_guarded, skus.lead_time_sd, np.nan), 2),
        review_days=skus.review_days,
        demand_sd=half_up(guard.demand_sd, 4),
        service_level=skus.service_level,
        safety_stock=half_up(guard.safety_stock, 2),
        reorder_point=now.reorder_point,
        reorder_point_seed90=seed_point,
        on_hand=skus.on_hand,
        on_order=receipts.units.sum(axis=1),
        backorders=skus.backorders,
        position=now.position,
        action=decision.action,
        rule_id=decision.rule_id,
        suggested_units=ordered.astype(np.int64),
        suggested_units_seed90=seed_units,
        suggested_amount=amounts(ordered, skus.unit_cost),
        order_by_date=after(skus, decision.order_by),
        stockout_date=after(skus, now.stockout),
        abc=skus.abc,
        xyz=xyz_class(capped),
        confidence=objects(Confidence)[is_low.astype(np.int64)],
        method=guard.method,
        owner=objects([skus.owner] * len(skus)),
        reason=with_notes(decision.why, notes),
        transfer_units=np.zeros(len(skus), dtype=np.int64),
        is_covered=np.zeros(len(skus), dtype=bool),
        beyond_limit_units=np.zeros(len(skus), dtype=np.int64),
        override_reason=skus.override_reason,
        override_until=skus.override_until,
    )
    return plan, spikes


def amounts(units: Floats | Ints, unit_cost: Objects) -> Objects:
    """Return what so many units cost, exactly; None where the cost of one is unknown."""
    return objects(
        None if cost is None else int(count) * cost
        for count, cost in zip(units.tolist(), unit_cost.tolist(), strict=True)
    )


def with_notes(texts: Objects, notes: list[Objects]) -> Objects:
    """Return each text with its notes after it, in their order; a note that is empty is none."""
    found = texts.copy()
    for note in notes:
        rows = np.flatnonzero(note != "")
        found[rows] = [f"{text} {more}" for text, more in zip(found[rows], note[rows], strict=True)]
    return found


def _where(does_apply: Flags, text: str, figure: Floats) -> Objects:
    """Return the text with its figure where it applies, else an empty one."""
    found = objects([""] * len(figure))
    found[does_apply] = [text.format(value) for value in figure[does_apply].tolist()]
    return found


def situation(skus: Skus, guard: Protection, rate: Floats, receipts: Receipts) -> Situation:
    """Return what the decision looks at; without a count there is no position and no projection."""
    free = skus.available - skus.backorders - skus.committed
    ahead = project(free, rate, receipts)
    by = np.ceil(np.nan_to_num(guard.days))
    in_time = replace(receipts, units=np.where(receipts.due <= by[:, None], receipts.units, 0))
    return Situation(
        position=stock_position(skus.available, receipts, skus.backorders, skus.committed),
        rate=rate,
        reorder_point=half_up(guard.reorder_point, 2),
        stockout=ahead.stockout,
        in_time=stock_position(skus.available, in_time, skus.backorders, skus.committed),
        relief=ahead.relief,
    )


def suggested_units(skus: Skus, guard: Protection, now: Situation, decision: Decision) -> Floats:
    """Return what to order by the protected policy, full cases.

    Before a late receipt no more than lasts until it comes, with the safety stock on top.
    """
    is_ordered = np.isin(decision.action.astype(str), ORDERING)
    is_ordered &= (decision.rule_id != "receipt-too-late") & ~np.isnan(guard.rate + now.position)
    up_to, position = guard.order_up_to(skus.cover_days), now.position
    until = guard.rate * now.relief + guard.safety_stock
    is_gap = decision.rule_id == "gap-before-receipt"
    up_to = np.where(is_gap, np.minimum(up_to, until), up_to)
    position = np.where(is_gap, now.in_time, position)
    return np.where(is_ordered, order_quantity(up_to, position, skus.moq, skus.case_pack), 0)


def low_confidence(skus: Skus, known: Ints, stocked: Ints) -> Objects:
    """Return why the rate or the stock may not be trusted; empty where they may."""
    window, least = skus.daily.days, skus.thresholds.min_in_stock_days
    why = objects([""] * len(skus))
    why[skus.is_stale] = "Low confidence: the stock count is older than its limit."
    is_counted = np.isnan(skus.stated_rate)
    rows = is_counted & (stocked < least)
    why[rows] = [
        f"Low confidence: in stock on {days} of {of} known days."
        for days, of in zip(stocked[rows].tolist(), known[rows].tolist(), strict=True)
    ]
    rows = is_counted & (known < least)
    why[rows] = [
        f"Low confidence: stock is known of {days} of {of} days, so the calendar counts."
        for days, of in zip(known[rows].tolist(), window[rows].tolist(), strict=True)
    ]
    why[is_counted & ~np.isnan(skus.peer_rate)] = "Low confidence: it has too few days of its own."
    return why


def season_notes(skus: Skus) -> Objects:
    """Return a sentence on the rate where the time of the year changes it."""
    text = "The season makes it {:.2f} times the window's demand."
    return _where(skus.season_factor != 1, text, skus.season_factor)


def protect(skus: Skus, series: Series, rate: Rate) -> Protection:
    """Return the protected policy; nothing of it is known where rate or lead time is unknown."""
    unknown = np.full(len(skus), np.nan)
    guard = Protection(unknown, unknown, unknown, unknown, objects([None] * len(skus)))
    known = ~np.isnan(rate.per_day) & ~np.isnan(skus.lead_time_days)
    own, others = np.flatnonzero(known & rate.is_own), np.flatnonzero(known & ~rate.is_own)
    some = skus[others]
    days = some.lead_time_days + some.review_days
    bare = independent_buyers(rate.per_day[others], days, some.service_level)
    guard = guard.put(others, bare.scaled(some.season_factor))
    some = skus[own]
    found = protection(
        series[own],
        rate.per_day[own],
        some.lead_time_days,
        some.lead_time_sd,
        some.review_days,
        some.service_level,
        some.thresholds.normal_min_units,
        some.lead_times,
    )
    found = at_least_poisson(found, some.service_level, some.abc == Abc.A)
    found = found.scaled(some.season_factor)
    least = np.maximum(found.safety_stock, some.emergency_units)
    return guard.put(own, replace(found, safety_stock=least))


def seed90_point(skus: Skus, units: Ints) -> Floats:
    """Return the reorder point of the seed90 policy; NaN without a window or a lead time."""
    days = skus.thresholds.safety_days
    point = seed90_reorder_point(units, skus.window_days, skus.lead_time_days, days)
    return half_up(np.where(skus.daily.days > 0, point, np.nan), 2)


def seed90_units(skus: Skus, units: Ints, position: Floats, point: Floats) -> Floats:
    """Return what the seed90 policy would order; NaN without a reorder point or a stock count."""
    up_to = point + units / skus.window_days * skus.cover_days
    asked = order_quantity(up_to, position, skus.moq, skus.case_pack)
    ordered = np.where((units == 0) | (position > point), 0, asked)
    return np.where(np.isnan(point + position), np.nan, ordered)


def sell_through_rate(sold: Ints, on_hand: Floats) -> Floats:
    """Return sold ÷ (sold + on hand), 0 to 1; NaN where there was nothing to sell, or no count."""
    return half_up(ratio(sold, sold + np.maximum(on_hand, 0)), 4)


def spike_notes(skus: Skus, spikes: Spikes) -> Objects:
    """Return a sentence for each day whose units were capped."""
    notes = objects([""] * len(skus))
    days = skus.first_day[spikes.row] + spikes.day * DAY
    for row, day, units, counted in zip(
        spikes.row.tolist(),
        np.datetime_as_string(days).tolist(),
        spikes.units.tolist(),
        spikes.counted.tolist(),
        strict=True,
    ):
        notes[row] += f"{' ' if notes[row] else ''}The {units} units of {day} count as {counted}."
    return notes
