"""The purchase order of each supplier: what may be ordered now, as CSV and as a page to send or print."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb

from tasks.ledger import Ledger
from tasks.outbox.page import render
from tasks.outbox.push.spreadsheet import write_cells
from tasks.run.night import Night
from tasks.run.whole_file import write_whole
from tasks.warehouse.connection import has_table
from tasks.warehouse.tables import fetch

PO_HEADER = (
    "po_key", "supplier", "sku", "units", "unit_cost", "currency", "line_amount", "due_date",
    "supplier_name", "supplier_sku", "delivery_date", "payment_terms", "deliver_to", "order_amount",
)  # fmt: skip
TERMS = """
    select sku, supplier, supplier_name, supplier_sku, payment_terms, lead_time_days
    from ops.reorder_supply where supplier is not null
"""


@dataclass(frozen=True)
class Terms:
    """On what terms a SKU is bought, as the plan of the night chose its supplier."""

    sku: str
    supplier: str
    supplier_name: str | None = None
    supplier_sku: str | None = None
    payment_terms: str | None = None
    lead_time_days: Decimal | None = None


@dataclass(frozen=True)
class OrderLine:
    """A line of a purchase order. `delivery_date` is a lead time from now, None where none is known."""

    po_key: str
    sku: str
    units: int
    unit_cost_amount: Decimal
    line_amount: Decimal
    currency: str
    due_date: date
    terms: Terms
    delivery_date: date | None


@dataclass(frozen=True)
class Order:
    """The purchase order of one supplier, with its totals by currency."""

    supplier: str
    lines: tuple[OrderLine, ...]

    @property
    def name(self) -> str:
        """The name of the supplier, its id where the sheet has none."""
        return next((n for line in self.lines if (n := line.terms.supplier_name)), self.supplier)

    @property
    def payment_terms(self) -> str | None:
        """The terms of the supplier sheet."""
        return next((t for line in self.lines if (t := line.terms.payment_terms)), None)

    @property
    def delivery_date(self) -> date | None:
        """When all of it can be there: the latest of the lines, None where one is unknown."""
        dates = [line.delivery_date for line in self.lines]
        return None if None in dates else max(day for day in dates if day)

    @property
    def totals(self) -> dict[str, Decimal]:
        """What it comes to, by currency."""
        found: dict[str, Decimal] = defaultdict(Decimal)
        for line in self.lines:
            found[line.currency] += line.line_amount
        return dict(sorted(found.items()))


def write_purchase_orders(
    con: duckdb.DuckDBPyConnection, night: Night, ledger: Ledger
) -> list[Path]:
    """Write two files per supplier of what may be ordered now: within the limit, or approved."""
    folder = night.shop.folder.outbox / "purchase_orders"
    paths = []
    for order in orders(con, night, ledger):
        path = folder / f"{_safe(order.supplier)}.csv"
        paths += [write_cells(path, PO_HEADER, _cells(order, night)), _page(path, order, night)]
    for path in {*folder.glob("*.csv"), *folder.glob("*.html")} - set(paths):
        path.unlink()  # nothing is open with that supplier any more
    return paths


def orders(con: duckdb.DuckDBPyConnection, night: Night, ledger: Ledger) -> list[Order]:
    """Return what may be ordered now, an order per supplier."""
    known = fetch(con, Terms, TERMS) if has_table(con, "ops.reorder_supply") else ()
    terms = {(each.sku, each.supplier): each for each in known}
    by_supplier: dict[str, list[OrderLine]] = defaultdict(list)
    for row in ledger.rows("purchase_suggestions"):
        if row["state"] not in ("suggested", "approved"):
            continue
        own = terms.get((row["sku"], row["supplier"]), Terms(row["sku"], row["supplier"]))
        by_supplier[row["supplier"]].append(
            OrderLine(
                po_key=row["po_key"],
                sku=row["sku"],
                units=row["units"],
                unit_cost_amount=row["unit_cost_amount"],
                line_amount=row["units"] * row["unit_cost_amount"],
                currency=row["currency"],
                due_date=row["due_date"],
                terms=own,
                delivery_date=(
                    None
                    if own.lead_time_days is None
                    else night.business_date + timedelta(days=math.ceil(own.lead_time_days))
                ),
            )
        )
    return [Order(supplier, tuple(lines)) for supplier, lines in sorted(by_supplier.items())]


def _cells(order: Order, night: Night) -> list[Sequence[object]]:
    ours = night.shop.purchase_orders
    terms = order.payment_terms or ours.payment_terms
    return [
        (line.po_key, order.supplier, line.sku, line.units, line.unit_cost_amount, line.currency,
         line.line_amount, line.due_date, order.name, line.terms.supplier_sku, line.delivery_date, terms,
         ", ".join(ours.deliver_to), order.totals[line.currency])
        for line in order.lines
    ]  # fmt: skip


def _page(path: Path, order: Order, night: Night) -> Path:
    """Write the page of an order next to its CSV: one sheet to send, or to print as PDF."""
    ours = night.shop.purchase_orders
    page = path.with_suffix(".html")
    text = render(
        "purchase_order.html.j2",
        order=order,
        shop=night.shop,
        number=f"{order.supplier}-{night.business_date:%Y%m%d}",
        ordered_date=night.business_date,
        payment_terms=order.payment_terms or ours.payment_terms,
        has_numbers=any(line.terms.supplier_sku for line in order.lines),
    )
    return write_whole(page, text)


def _safe(name: str) -> str:
    return "".join(
        character if character.isalnum() or character in "-_" else "_" for character in name
    )
