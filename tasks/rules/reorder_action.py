"""What to do about one SKU: reorder, soon, hold, overstock, discontinue or escalate, and why."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from tasks.rules.classes import Abc
from tasks.rules.reorder import Receipt, whole_days


class Action(StrEnum):
    """What to do about a SKU."""

    REORDER = "reorder"
    SOON = "soon"
    HOLD = "hold"
    OVERSTOCK = "overstock"
    DISCONTINUE = "discontinue"
    ESCALATE = "escalate"


@dataclass(frozen=True)
class Thresholds:
    """The numbers of the shop; days and units as named."""

    safety_days: int = 7
    min_in_stock_days: int = 30
    normal_min_units: int = 10
    soon_days: int = 7
    overstock_days: int = 180
    dead_days: int = 180
    late_receipt_days: int = 14
    spike_sds: float = 3.0
    spike_share: float = 0.5
    spike_multiple: float = 5.0


@dataclass(frozen=True)
class ReorderInput:
    """What is known of one SKU in one pool at the start of `as_of`.

    `daily` are gross units net of cancellations of the closed window before `as_of`, oldest
    first; `in_stock` says of each day whether it could sell, None where its stock is unknown.
    `available` is on hand less unavailable and reserved; both are None where no file counts it.
    Lead times are in days, measured from receipts (then each is in `lead_times`) or stated by the
    supplier; None where neither is known. `known_since` is the first day from which both its stock
    and the shop's orders are known, `known_to` the last day of `daily`, where that is not the one
    before `as_of`; `window_days` may be more than the days in it. `peer_rate` is that of SKUs like
    a new one, units a day, `peer` says whose, `is_peer_named` that the shop file names it;
    `season_factor` is what the coming days sell ÷ what the window sold, by the time of the year.
    `emergency_units` are a floor under the safety stock. `doubts` are what a person must settle
    before it is ordered, `hint` what they may consider. `transfer_days` of the lead time are the way
    to Amazon. `stated_rate` (units a day) and `stated_point` (units) are a person's, with
    `override_reason` and its last day `override_until` (tasks/rules/override.py).
    """

    sku: str
    as_of: date
    daily: Sequence[int]
    in_stock: Sequence[bool | None]
    on_hand: int | None
    available: int | None
    on_order: Sequence[Receipt] = ()
    backorders: int = 0
    committed: int = 0
    lead_time_days: float | None = None
    lead_time_sd: float = 0.0
    lead_times: Sequence[int] = ()
    review_days: int = 1
    cover_days: int = 30
    service_level: Decimal = Decimal("0.95")
    moq: int = 0
    case_pack: int = 1
    unit_cost: Decimal | None = None
    last_sale: date | None = None
    known_since: date | None = None
    known_to: date | None = None
    window_days: int = 90
    peer_rate: float | None = None
    peer: str = ""
    is_peer_named: bool = False
    season_factor: float = 1.0
    is_stale: bool = False
    doubts: Sequence[str] = ()
    abc: Abc | None = None
    owner: str | None = None
    pool: str = "merchant"
    emergency_units: int = 0
    hint: str = ""
    transfer_days: int = 0
    stated_rate: float | None = None
    stated_point: float | None = None
    override_reason: str | None = None
    override_until: date | None = None
    thresholds: Thresholds = Thresholds()

    @property
    def first_day(self) -> date:
        """The first day of `daily`."""
        last = self.known_to or self.as_of - timedelta(days=1)
        return last - timedelta(days=len(self.daily) - 1)


@dataclass(frozen=True)
class Situation:
    """What the decision looks at: units, units a day and the first day without stock.

    `position_in_time` leaves out what is on order but comes later than an order of today would;
    `relief_date` is the receipt that ends a gap before it, None where there is no gap.
    """

    position: int | None
    rate: float | None
    reorder_point: Decimal | None
    stockout_date: date | None = None
    position_in_time: int | None = None
    relief_date: date | None = None


@dataclass(frozen=True)
class Decision:
    """An action, the rule that chose it, the reason for a reader, and the last day to order."""

    action: Action
    rule_id: str
    why: str
    order_by_date: date | None = None


def decide(sku: ReorderInput, now: Situation) -> Decision:
    """Return the first rule that applies, from the gravest on.

    A position equal to the reorder point orders. Only an A item without stock before an order of
    today could arrive is escalated; for the others it is an order like any. What is on order hides
    no gap before it comes.
    """
    limits = sku.thresholds
    if dead := no_sale(sku):
        return Decision(Action.DISCONTINUE, "no-sale", dead)
    idle = None if sku.last_sale is None else (sku.as_of - sku.last_sale).days
    if now.rate is None and idle is not None and idle <= limits.dead_days:
        why = f"Sold {idle} days ago, but never in stock in the window: no rate, decide by hand."
        return Decision(Action.ESCALATE, "no-rate", why)
    if not sku.daily:
        return Decision(
            Action.HOLD,
            "no-orders",
            "No orders are known, so demand is unknown: bring an orders export.",
        )
    if not now.rate:
        return Decision(Action.HOLD, "no-demand", "No demand in the window to plan for.")
    if now.position is None or now.position_in_time is None:
        why = "It sells, but no file counts its stock, so nothing is ordered: bring a stock count."
        return Decision(Action.HOLD, "no-stock-count", why)
    if now.reorder_point is None:
        why = "It sells, but neither receipts nor the supplier give a lead time: enter one."
        return Decision(Action.ESCALATE, "no-lead-time", why)
    return decide_on_position(sku, now.rate, now.reorder_point, now)


def no_sale(sku: ReorderInput) -> str:
    """Return why a SKU with stock may be discontinued; empty where it sold, or may have.

    What never sold counts from the first day from which its stock and the orders are known.
    """
    since = sku.last_sale or sku.known_since
    if since is None or not sku.on_hand or sku.on_hand < 0:
        return ""
    idle = (sku.as_of - since).days
    if idle <= sku.thresholds.dead_days:
        return ""
    known = "" if sku.last_sale else ", which is as long as its stock and the orders are known"
    return f"No sale for {idle} days{known}, and {sku.on_hand} units on hand."


def decide_on_position(
    sku: ReorderInput, rate: float, reorder_point: Decimal, now: Situation
) -> Decision:
    """Return what the position asks for, where rate, position and reorder point are known."""
    limits = sku.thresholds
    position, in_time = now.position or 0, now.position_in_time or 0
    cover = max(sku.available or 0, 0) / rate
    facts = f"position {position}, reorder point {reorder_point}, {cover:.0f} days of cover"
    arrival = sku.as_of + timedelta(days=math.ceil(sku.lead_time_days or 0))
    if position <= reorder_point:
        if sku.abc is Abc.A and now.stockout_date and now.stockout_date < arrival:
            why = f"Out on {now.stockout_date}, an order of today comes on {arrival}: {facts}."
            return Decision(Action.ESCALATE, "stockout-ahead", why, sku.as_of)
        why = f"At or below the reorder point: {facts}."
        return Decision(Action.REORDER, "at-reorder-point", why, sku.as_of)
    days = whole_days(position - float(reorder_point), rate)
    if now.relief_date and now.stockout_date:
        gap = f"Out on {now.stockout_date}, and what is on order comes on {now.relief_date}"
        if in_time <= reorder_point and arrival < now.relief_date:
            why = f"{gap}: an order of today comes on {arrival}, before it; {facts}."
            return Decision(Action.REORDER, "gap-before-receipt", why, sku.as_of)
        if in_time <= reorder_point or now.stockout_date <= arrival:
            action = Action.ESCALATE if sku.abc is Abc.A else Action.SOON
            why = f"{gap}; no order of today closes the gap: ask the supplier to hurry; {facts}."
            return Decision(action, "receipt-too-late", why, sku.as_of)
        days = min(days, whole_days(in_time - float(reorder_point), rate))
    order_by = sku.as_of + timedelta(days=days)
    if cover > limits.overstock_days:
        why = f"More than {limits.overstock_days} days of stock: {facts}."
        return Decision(Action.OVERSTOCK, "cover-too-long", why, order_by)
    why = f"To order by {order_by}: {facts}."
    if days <= limits.soon_days:
        return Decision(Action.SOON, "near-reorder-point", why, order_by)
    return Decision(Action.HOLD, "enough", why, order_by)
