"""What to reorder, and what nothing can be said of."""

from collections import Counter
from decimal import Decimal

from tasks.run.wording import count, figure, money, short_day, sums, words
from tasks.tell.sections.section import Section, Table, lacks
from tasks.tell.summary_figures import Summary

MERCHANT = "merchant"  # the pool that goes without saying
NOW = ("reorder", "escalate")  # the actions that ask for an order
OTHERS = {"covered": "covered by another pool"}
UNPLANNED = {
    "no-orders": "in stock, but no order is known, so nothing says how fast it sells: bring the orders.",
    "no-stock-count": "sold, but no file counts the stock, and nothing is ordered on a guess: bring a count.",
    "no-lead-time": "sold, but nothing says how long the supplier takes, so nothing is suggested:"
    " bring or complete suppliers.supplier_items.",
    "no-rate": "sold, but never in stock in the window, so how fast they sell is not known: decide by hand.",
}


def section(summary: Summary) -> Section:
    """Return the most urgent SKUs, and those of which too little is known."""
    return Section("What to reorder", _parts(summary))


def _parts(summary: Summary) -> tuple[str | Table, ...]:
    if not summary.reorder_actions:
        return (f"No SKU has been planned{lacks(summary, 'reorder_plan')}.",)
    skus: Counter[str] = Counter()
    unplanned: Counter[str] = Counter()
    cost: dict[str, Decimal] = {}
    units = unknown = 0
    for one in summary.reorder_actions:
        if one.lacks:
            unplanned[one.lacks] += one.skus
            continue
        skus[one.action] += one.skus
        units += one.units
        if one.units and (one.amount is None or not one.currency):
            unknown += one.units
        elif one.units and one.currency and one.amount:
            cost[one.currency] = cost.get(one.currency, Decimal(0)) + one.amount
    now = sum(skus[name] for name in NOW)
    parts: list[str | Table] = []
    if skus and not now:
        planned = count(sum(skus.values()), "SKU")
        if not any(one.source_as_of for one in summary.counts):
            unknown_why = lacks(summary, "stock_position") or ": nothing is counted"
            return (f"Nothing is known to reorder among {planned}{unknown_why}.",)
        parts.append(f"Nothing to reorder tonight among {planned}.")
    elif now:
        late = f", {skus['escalate']:,} of them escalated" if skus["escalate"] else ""
        dear = f", and {count(unknown, 'unit')} of unknown cost" if unknown else ""
        parts += [
            f"{count(now, 'SKU')} to reorder now{late}:"
            f" {count(units, 'unit')}, {sums(cost)}{dear}. The most urgent:",
            Table(
                ("SKU", "units", "cost", "cover", "order by", "out on", "supplier"),
                "lrrrlll",
                tuple(
                    (
                        one.sku if one.pool == MERCHANT else f"{one.sku}, {one.pool}",
                        f"{one.suggested_units:,}" if one.suggested_units else "hurry",
                        money(one.suggested_amount, one.currency) if one.suggested_units else "",
                        figure(one.days_of_cover, "days"),
                        short_day(one.order_by_date, summary.business_date),
                        short_day(one.stockout_date, summary.business_date),
                        one.supplier or "none known",
                    )
                    for one in summary.reorders
                ),
            ),
        ]
    others = [
        f"{skus[name]:,} {OTHERS.get(name, words(name))}"
        for name in sorted(skus)
        if name not in NOW
    ]
    parts += [f"{'The other SKUs' if now else 'Of them'}: {', '.join(others)}."] if others else []
    parts += [
        f"{count(unplanned[rule], 'SKU')} {UNPLANNED[rule]}"
        for rule in UNPLANNED
        if unplanned[rule]
    ]
    if summary.by_hand:
        parts += [
            "The first of those to run out:",
            Table(
                ("SKU", "cover", "out on", "supplier"),
                "lrll",
                tuple(
                    (
                        one.sku,
                        figure(one.days_of_cover, "days"),
                        short_day(one.stockout_date, summary.business_date),
                        one.supplier or "none known",
                    )
                    for one in summary.by_hand
                ),
            ),
        ]
    for state in dict.fromkeys(one.state for one in summary.suggestions):
        those = [one for one in summary.suggestions if one.state == state]
        lines = count(sum(one.lines for one in those), "line")
        worth = sums({one.currency: one.amount for one in those})
        parts.append(f"Purchase orders {words(state)}: {lines}, {worth}.")
    return tuple(parts)
