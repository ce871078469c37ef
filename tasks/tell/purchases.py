"""What is open with each supplier, as a table of the run's page: what the owner decides on."""

import duckdb

from tasks.ledger import Ledger
from tasks.run.night import Night
from tasks.run.wording import money, words
from tasks.tell.summary_tables import Cells, cell
from tasks.warehouse.connection import has_table

TONIGHT = "select sku, cast(sum(suggested_units) as bigint) from marts.reorder_plan group by sku"
SHOWN = {"pending_approval": 0, "approved": 1, "suggested": 2}  # what waits comes first


def purchase_table(con: duckdb.DuckDBPyConnection, ledger: Ledger, night: Night) -> Cells:
    """Return each open line with its key, amount, the units suggested and tonight's number."""
    has_plan = has_table(con, "marts.reorder_plan")
    tonight: dict[str, int] = dict(con.execute(TONIGHT).fetchall()) if has_plan else {}
    rows = [row for row in ledger.rows("purchase_suggestions") if row["state"] in SHOWN]
    return [
        {
            "supplier": cell(row["supplier"]),
            "state": words(row["state"]),
            "SKU": cell(row["sku"]),
            "units": cell(row["units"]),
            "tonight": cell(tonight.get(row["sku"], 0) if has_plan else None),
            "unit cost": money(row["unit_cost_amount"], row["currency"]),
            "amount": money(row["units"] * row["unit_cost_amount"], row["currency"]),
            "order by": cell(row["due_date"]),
            "open for days": (night.business_date - row["opened_on"]).days,
            "key": cell(row["po_key"]),
            "why": cell(row["reason"]),
        }
        for row in sorted(rows, key=lambda row: (SHOWN[row["state"]], row["supplier"], row["sku"]))
    ]
