"""What the demo shop's places hold, as its exports show it: inventories, history, counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tasks.demo import amazon, catalog, claims, clock, counts, figures, shop, shopify, trade
from tasks.demo.delivery import Delivery, names
from tasks.demo.orders import Order
from tasks.demo.stock import Place, incoming_at, on_hand_at, reserved_at

_HISTORY_DAYS = 120
_STALE_DAYS = 35
_SELECTED = 12
ADJUSTMENTS = names("date,location,sku,quantity,reason,adjusted_by")
_EDITS = ((-1, "damaged"), (2, "found at a count"), (-2, "sample"), (40, ""), (-1, "damaged"))
UNCHANGED = "unchanged: it still holds"


@dataclass(frozen=True)
class Stock:
    """The stock's part of the truth."""

    closes: dict[date, dict[Place, int]]
    as_of: dict[str, dict[str, dict[str, int]]]
    oversold: list[dict[str, Any]]
    counted: dict[str, Any]


def write(delivery: Delivery, story: shop.Shop, past: Sequence[Order]) -> Stock:
    """Write three daily inventories, a stale one, the FBA stock, the daily history and the counts."""
    now, today = delivery.now, delivery.today
    first = max(story.opened, today - timedelta(days=_HISTORY_DAYS))
    days = [first + timedelta(days=offset) for offset in range((today - first).days)]
    snapshots = [now - back * clock.DAY for back in (0, 1, 2, _STALE_DAYS)]
    mornings = counts.moments(days)
    instants = [*map(_close, days), *snapshots, *mornings.values()]
    levels = on_hand_at(story.shelves, past, instants)
    for instant in snapshots:
        day = clock.local_day(instant)
        if day < story.opened:
            continue
        is_stale = instant == snapshots[-1]
        name = f"shopify/inventory_export_{day}.csv"
        shopify.write_inventory(
            delivery, name, levels[instant], reserved_at(past, instant, "shopify"),
            incoming_at(story.shelves, instant), downloaded=now if is_stale else instant,
            twice=catalog.PRODUCTS[day.toordinal() % 24].sku,
        )  # fmt: skip
        if is_stale:
            note = f"a snapshot {_STALE_DAYS} days old, delivered today: it overwrites nothing"
            delivery.anomaly("stale_inventory_file", name, note=note)
    _write_selection(delivery, story, past, levels)
    reserved = reserved_at(past, now)
    amazon.write_fba_inventory(delivery, levels[now], reserved, incoming_at(story.shelves, now))
    claims.write_losses(delivery)
    amazon.write_planning(delivery, levels[now])
    closes = {day: levels[_close(day)] for day in days}
    trade.write_stock_history(delivery, closes)
    counted = list(counts.counts({day: levels[instant] for day, instant in mornings.items()}))
    counts.write_counts(delivery, counted)
    _write_adjustments(delivery)
    as_of = figures.stock_as_of(levels[now], reserved, reserved_at(past, now, "shopify"))
    oversold = [
        {"sku": sku, "location": location, "on_hand": row["on_hand"], "reserved": row["reserved"]}
        for sku, rows in as_of.items()
        for location, row in rows.items()
        if row["reserved"] > max(row["on_hand"], 0)
    ]
    return Stock(closes, as_of, oversold, counts.truth(counted, today))


def _write_adjustments(delivery: Delivery) -> None:
    """Write a week's edits of the stock by hand; one of them has no reason."""
    name = f"stock/adjustments_{delivery.today}.csv"
    with delivery.sheet(name, ADJUSTMENTS) as sheet:
        for back, (units, reason) in enumerate(_EDITS, 1):
            sku = catalog.STAGED[back % len(catalog.STAGED)].sku
            day = delivery.today - timedelta(days=back)
            line = sheet.row([day, catalog.MAIN, sku, units, reason, "warehouse"])
            if not reason:
                note = f"{units} units appeared by hand"
                sheet.remark(line, "stock_edit_without_reason", note, sku)


def _write_selection(
    delivery: Delivery,
    story: shop.Shop,
    past: Sequence[Order],
    levels: dict[int, dict[Place, int]],
) -> None:
    """Write an export of a few selected products, yesterday's and today's: not a byte differs."""
    instants = delivery.now - clock.DAY, delivery.now
    states = [
        (levels[at], reserved_at(past, at, "shopify"), incoming_at(story.shelves, at))
        for at in instants
    ]
    before, after = (
        {
            product.sku: [
                (state.get((product.sku, place)) or 0)
                for state in moment
                for place in (catalog.MAIN, catalog.EAST)
            ]
            for product in catalog.ORDINARY
            if not product.is_dead
        }
        for moment in states
    )
    same = [sku for sku, figures_of in before.items() if figures_of == after[sku]][:_SELECTED]
    if story.opened >= clock.local_day(instants[0]):
        return
    copy: dict[str, Any] = {"expected": UNCHANGED, "kind": "unchanged_snapshot"}
    for at, what, more in zip(instants, ("selection before", "selection"), ({}, copy), strict=True):
        name = f"shopify/inventory_export_{delivery.today} ({what}).csv"
        shopify.write_inventory(delivery, name, *states[1], downloaded=at, only=same, **more)
        kind = "unchanged_snapshot" if more else "partial_snapshot"
        delivery.anomaly(
            kind, name, note=f"{len(same)} products, as one day before" if more else ""
        )


def _close(day: date) -> int:
    """Return the last second of a New York day."""
    return clock.moment(day, 23, 59, 59)
