"""The purchase order file of each supplier: what may be ordered now."""

from collections import defaultdict
from pathlib import Path

from tasks.ledger import Ledger
from tasks.outbox.push.spreadsheet import file_name, write_cells
from tasks.run.night import Night

PO_HEADER = (
    "po_key",
    "supplier",
    "sku",
    "units",
    "unit_cost",
    "currency",
    "line_amount",
    "due_date",
)


def write_purchase_orders(night: Night, ledger: Ledger) -> list[Path]:
    """Write a file per supplier of what may be ordered now: within the limit, or approved."""
    by_supplier: dict[str, list[tuple[object, ...]]] = defaultdict(list)
    for row in ledger.rows("purchase_suggestions"):
        if row["state"] in ("suggested", "approved"):
            amount = row["units"] * row["unit_cost_amount"]
            by_supplier[row["supplier"]].append(
                (row["po_key"], row["supplier"], row["sku"], row["units"], row["unit_cost_amount"],
                 row["currency"], amount, row["due_date"])
            )  # fmt: skip
    folder = night.shop.folder.outbox / "purchase_orders"
    folder.mkdir(parents=True, exist_ok=True)
    paths = [
        write_cells(folder / f"{file_name(supplier)}.csv", PO_HEADER, rows)
        for supplier, rows in sorted(by_supplier.items())
    ]
    for path in set(folder.glob("*.csv")) - set(paths):
        path.unlink()  # nothing is open with that supplier any more
    return paths
