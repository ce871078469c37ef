"""Lists for the day on which something went wrong: a recall, and a supplier that is down."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from tasks.outbox.push.spreadsheet import file_name, write_cells
from tasks.rules.outage import Loss, Outage
from tasks.rules.recall import Recalled

RECALL = ("state", "channel", "document_id", "location", "sold_as", "units", "on_date")
OUTAGE = (
    "sku", "pool", "class", "free_units", "daily_units", "stockout_date", "supplied_date", "lost_units",
    "lost_revenue", "lost_margin", "currency", "other_suppliers", "reason",
)  # fmt: skip


def write_recalled(
    folder: Path, sku: str, first: date, last: date, found: Sequence[Recalled]
) -> Path:
    """Write every order, shelf and purchase order of a recall as one CSV; return its path."""
    rows = [[getattr(each, name) for name in RECALL] for each in found]
    return write_cells(folder / f"{file_name(sku)}_{first}_{last}.csv", RECALL, rows)


def write_losses(folder: Path, outage: Outage, losses: Sequence[Loss], currency: str) -> Path:
    """Write what an outage does to each SKU as one CSV; return its path."""
    name = f"{file_name(outage.supplier)}_{outage.first_date}_{outage.days}_days.csv"
    rows = [
        (loss.sku, loss.pool, loss.abc, loss.free_units, loss.daily_units, loss.stockout_date,
         loss.supplied_date, loss.lost_units, loss.lost_revenue, loss.lost_margin, currency,
         ", ".join(loss.other_suppliers), loss.reason)
        for loss in losses
    ]  # fmt: skip
    return write_cells(folder / name, OUTAGE, rows)
