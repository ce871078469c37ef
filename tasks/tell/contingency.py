"""A recall and an outage for a person: how far it goes, in a few lines and a table."""

from collections.abc import Sequence
from typing import Any

from tasks.rules.outage import Loss, Outage
from tasks.rules.recall import Found, Recalled, extent
from tasks.run.wording import count, day, money

ROWS_SHOWN = 500  # of a table on a run's page; the file has all
WORDS = {
    Found.SHIPPED: "shipped to buyers",
    Found.OPEN: "promised to orders that are still to leave",
    Found.STOCK: "on shelves",
    Found.ON_ORDER: "on order with suppliers",
    Found.RECEIVED: "received of the lot, counted above",
}


def recall_as_markdown(sku: str, found: Sequence[Recalled]) -> str:
    """Return how many units are where."""
    lines = [f"Recall of {sku}. Nothing was changed.", ""]
    for each in extent(found):
        if each.state is Found.RECEIVED and not each.rows:
            continue  # no lot was asked for
        unknown = (
            f", and {count(each.unknown, 'place')} that no file counts" if each.unknown else ""
        )
        rows = f" ({count(each.rows, 'row')})" if each.rows else ""
        lines.append(f"- {count(each.units, 'unit')} {WORDS[each.state]}{unknown}{rows}")
    return "\n".join(lines)


def recall_table(found: Sequence[Recalled]) -> list[dict[str, Any]]:
    """Return the rows of a recall: orders by number, nobody by name."""
    return [
        {
            "state": each.state,
            "channel": each.channel or "",
            "order": each.document_id or "",
            "location": each.location or "",
            "sold as": each.sold_as or "",
            "units": "not counted" if each.units is None else each.units,
            "date": str(each.on_date or ""),
        }
        for each in found[:ROWS_SHOWN]
    ]


def outage_as_markdown(outage: Outage, losses: Sequence[Loss], currency: str) -> str:
    """Return what an outage costs in all, and what is not known of it."""
    out = [loss for loss in losses if loss.stockout_date]
    unknown = sum(loss.lost_units is None for loss in losses)
    lines = [
        f"{outage.supplier} down for {count(outage.days, 'day')} from {day(outage.first_date)}, back on"
        f" {day(outage.back_date)}.",
        "",
        f"- {len(out)} of {len(losses)} of its SKUs run out; {count(sum(_units(out)), 'unit')} are not sold",
        f"- revenue lost: {_total([loss.lost_revenue for loss in losses if loss.lost_units], currency)}",
        f"- margin lost: {_total([loss.lost_margin for loss in losses if loss.lost_units], currency)}",
        f"- {sum(bool(loss.other_suppliers) for loss in out)} of those that run out have another supplier",
    ]
    if unknown:
        lines.append(f"- of {count(unknown, 'SKU')} nobody can say: see the reason")
    return "\n".join(lines)


def _units(losses: Sequence[Loss]) -> list[int]:
    return [loss.lost_units or 0 for loss in losses]


def _total(amounts: Sequence[Any], currency: str) -> str:
    """Return the sum of what is known, and of how many it is not."""
    known = [amount for amount in amounts if amount is not None]
    gap = len(amounts) - len(known)
    if not known:
        return "nothing" if not gap else f"not known of any of {count(gap, 'SKU')}"
    return money(sum(known), currency) + (f", not known of {count(gap, 'SKU')} more" if gap else "")


def outage_table(losses: Sequence[Loss]) -> list[dict[str, Any]]:
    """Return the SKUs of an outage, the worst first."""
    return [
        {
            "sku": loss.sku,
            "pool": loss.pool,
            "class": loss.abc or "",
            "runs out": str(
                loss.stockout_date or ("not known" if loss.lost_units is None else "no")
            ),
            "units lost": "not known" if loss.lost_units is None else loss.lost_units,
            "revenue lost": "not known" if loss.lost_revenue is None else str(loss.lost_revenue),
            "margin lost": "not known" if loss.lost_margin is None else str(loss.lost_margin),
            "other suppliers": ", ".join(loss.other_suppliers),
            "reason": loss.reason,
        }
        for loss in losses[:ROWS_SHOWN]
    ]
