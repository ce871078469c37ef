"""What to do about each SKU: reorder, soon, hold, overstock, discontinue or escalate, and why."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from tasks.rules.classes import Abc
from tasks.rules.columns import Columns, Flags, Floats, Ints, Objects, objects
from tasks.rules.reorder import whole_days
from tasks.rules.skus import Skus


class Action(StrEnum):
    """What to do about a SKU."""

    REORDER = "reorder"
    SOON = "soon"
    HOLD = "hold"
    OVERSTOCK = "overstock"
    DISCONTINUE = "discontinue"
    ESCALATE = "escalate"


@dataclass(frozen=True)
class Situation(Columns):
    """What the decision looks at: units, units a day, and days after `as_of`; NaN where not known.

    `stockout` is the first day without stock. `in_time` is the position without what is on order
    but comes later than an order of today would; `relief` is the receipt that ends a gap before it,
    NaN where there is no gap.
    """

    position: Floats
    rate: Floats
    reorder_point: Floats
    stockout: Floats
    in_time: Floats
    relief: Floats


@dataclass(frozen=True)
class Decision(Columns):
    """An action, the rule that chose it, the reason for a reader, and the last day to order.

    `order_by` is in days after `as_of`, NaN where there is none.
    """

    action: Objects
    rule_id: Objects
    why: Objects
    order_by: Floats


# The rules by gravity: the first that applies decides.
RULES: tuple[tuple[str, Action], ...] = (
    ("no-sale", Action.DISCONTINUE),
    ("no-rate", Action.ESCALATE),
    ("no-orders", Action.HOLD),
    ("no-demand", Action.HOLD),
    ("no-stock-count", Action.HOLD),
    ("no-lead-time", Action.ESCALATE),
    ("stockout-ahead", Action.ESCALATE),
    ("at-reorder-point", Action.REORDER),
    ("gap-before-receipt", Action.REORDER),
    ("receipt-too-late", Action.SOON),  # of class A: escalate
    ("cover-too-long", Action.OVERSTOCK),
    ("near-reorder-point", Action.SOON),
    ("enough", Action.HOLD),
)
IDS = objects(rule for rule, _ in RULES)
ACTIONS = objects(action for _, action in RULES)
TODAY = ("stockout-ahead", "at-reorder-point", "gap-before-receipt", "receipt-too-late")
LATER = ("cover-too-long", "near-reorder-point", "enough")


def decide(skus: Skus, now: Situation) -> Decision:
    """Return for each SKU the first rule that applies, from the gravest on.

    A position equal to the reorder point orders. Only an A item without stock before an order of
    today could arrive is escalated; for the others it is an order like any. What is on order hides
    no gap before it comes.
    """
    limits, idle = skus.thresholds, skus.since(skus.last_sale)
    is_a = skus.abc == Abc.A
    arrival = np.ceil(np.nan_to_num(skus.lead_time_days))
    is_low, is_late = now.position <= now.reorder_point, now.in_time <= now.reorder_point
    is_gap = ~np.isnan(now.relief) & ~np.isnan(now.stockout)
    sells = now.rate > 0
    rate = np.where(sells, now.rate, np.nan)
    days = whole_days(now.position - now.reorder_point, rate)
    days = np.where(
        is_gap, np.minimum(days, whole_days(now.in_time - now.reorder_point, rate)), days
    )
    cover = np.maximum(np.nan_to_num(skus.available), 0) / rate
    rule = np.select(
        [
            no_sale_days(skus) > limits.dead_days,
            np.isnan(now.rate) & (idle <= limits.dead_days),
            skus.daily.days == 0,
            ~sells,
            np.isnan(now.position),
            np.isnan(now.reorder_point),
            is_low & is_a & (now.stockout < arrival),
            is_low,
            is_gap & is_late & (arrival < now.relief),
            is_gap & (is_late | (now.stockout <= arrival)),
            cover > limits.overstock_days,
            days <= limits.soon_days,
        ],
        list(range(12)),
        12,
    )
    action = ACTIONS[rule]
    action[is_a & (IDS[rule] == "receipt-too-late")] = Action.ESCALATE
    ids = IDS[rule]
    order_by = np.where(np.isin(rule, [_place(name) for name in TODAY]), 0.0, np.nan)
    order_by = np.where(np.isin(rule, [_place(name) for name in LATER]), days, order_by)
    return Decision(action, ids, _why(skus, now, rule, order_by, cover, arrival), order_by)


def no_sale_days(skus: Skus) -> Floats:
    """Return the days without a sale of SKUs with stock; NaN without stock.

    What never sold counts from the first day from which its stock and the orders are known.
    """
    since = np.where(np.isnat(skus.last_sale), skus.known_since, skus.last_sale)
    return np.where(skus.on_hand > 0, skus.since(since), np.nan)


def _place(rule_id: str) -> int:
    return [name for name, _ in RULES].index(rule_id)


def _why(
    skus: Skus, now: Situation, rule: Ints, order_by: Floats, cover: Floats, arrival: Floats
) -> Objects:
    """Return the reason of each decision as a sentence."""
    why = objects([""] * len(skus))
    limits = skus.thresholds

    def of(rule_id: str) -> Flags:
        return np.asarray(rule == _place(rule_id))

    facts = objects([""] * len(skus))
    known = rule >= _place("stockout-ahead")
    facts[known] = [
        f"position {position:.0f}, reorder point {point:.2f}, {days:.0f} days of cover"
        for position, point, days in zip(
            now.position[known].tolist(),
            now.reorder_point[known].tolist(),
            cover[known].tolist(),
            strict=True,
        )
    ]

    def dates(days: Floats, rows: Flags) -> list[str]:
        return list(np.datetime_as_string(after(skus[rows], days[rows])))

    rows = of("no-sale")
    why[rows] = [
        f"No sale for {days:.0f} days"
        f"{', which is as long as its stock and the orders are known' if is_unsold else ''}"
        f", and {units:.0f} units on hand."
        for days, is_unsold, units in zip(
            no_sale_days(skus[rows]),
            np.isnat(skus.last_sale[rows]),
            skus.on_hand[rows],
            strict=True,
        )
    ]
    rows = of("no-rate")
    why[rows] = [
        f"Sold {days:.0f} days ago, but never in stock in the window: no rate, decide by hand."
        for days in skus[rows].since(skus.last_sale[rows])
    ]
    for rule_id, text in (
        ("no-orders", "No orders are known, so demand is unknown: bring an orders export."),
        ("no-demand", "No demand in the window to plan for."),
        (
            "no-stock-count",
            "It sells, but no file counts its stock, so nothing is ordered: bring a stock count.",
        ),
        (
            "no-lead-time",
            "It sells, but neither receipts nor the supplier give a lead time: enter one.",
        ),
    ):
        why[of(rule_id)] = text
    rows = of("stockout-ahead")
    why[rows] = [
        f"Out on {out}, an order of today comes on {comes}: {fact}."
        for out, comes, fact in zip(
            dates(now.stockout, rows), dates(arrival, rows), facts[rows], strict=True
        )
    ]
    rows = of("at-reorder-point")
    why[rows] = [f"At or below the reorder point: {fact}." for fact in facts[rows]]
    rows = of("gap-before-receipt") | of("receipt-too-late")
    why[rows] = [
        f"Out on {out}, and what is on order comes on {relief}"
        + (
            f": an order of today comes on {comes}, before it; {fact}."
            if helps
            else f"; no order of today closes the gap: ask the supplier to hurry; {fact}."
        )
        for out, relief, comes, helps, fact in zip(
            dates(now.stockout, rows),
            dates(now.relief, rows),
            dates(arrival, rows),
            of("gap-before-receipt")[rows],
            facts[rows],
            strict=True,
        )
    ]
    rows = of("cover-too-long")
    why[rows] = [
        f"More than {limits.overstock_days} days of stock: {fact}." for fact in facts[rows]
    ]
    rows = of("near-reorder-point") | of("enough")
    why[rows] = [
        f"To order by {day}: {fact}."
        for day, fact in zip(dates(order_by, rows), facts[rows], strict=True)
    ]
    return why


def after(skus: Skus, days: Floats) -> "np.ndarray[tuple[int, ...], np.dtype[np.datetime64]]":
    """Return the day so many days after `as_of`; NaT where they are not known."""
    known = ~np.isnan(days)
    passed = np.where(known, days, 0).astype("timedelta64[D]")
    return np.where(known, skus.as_of + passed, np.datetime64("NaT", "D"))
