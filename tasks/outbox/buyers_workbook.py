"""The buyer's workbook: plan, orders, suppliers, and what changed since the last night and why.

Every sheet is a query of built marts. No cell is a formula: a text that a spreadsheet would run is
neutralised as in the CSV files.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import duckdb
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.xml.constants import ARC_CORE
from openpyxl.xml.functions import tostring

from tasks.outbox.push.spreadsheet import neutral
from tasks.run.night import Night
from tasks.run.whole_file import whole_file
from tasks.warehouse.tables import rows_of

WIDEST = 70  # characters; a longer text is wrapped
PLAN = """
    select sku, pool, action, suggested_units, transfer_units, suggested_amount, currency, supplier,
        alternate_supplier, order_by_date, stockout_date, days_of_cover, position, reorder_point, on_hand,
        on_order, units_90d, velocity, lead_time_days, safety_stock, reorder_point_seed90,
        suggested_units_seed90, abc, xyz, confidence, owner, reason
    from marts.reorder_plan
"""
URGENT = "order by order_by_date nulls last, stockout_date nulls last, sku, pool"


@dataclass(frozen=True)
class Sheet:
    """One sheet: its title, what it answers, and the rows of its query."""

    title: str
    query: str
    empty: str


SHEETS = (
    Sheet("Plan", f"{PLAN} {URGENT}", "No SKU has been planned."),
    Sheet(
        "Purchase orders",
        """
        select supplier, state, sku, units, tonight_units, unit_cost_amount, line_amount, currency, due_date,
            opened_date, margin_per_cash, budget_rank, within_budget, approver, po_key, reason
        from marts.purchase_suggestions
        where state in ('suggested', 'pending_approval', 'approved')
        order by budget_rank
        """,
        "No purchase order is open.",
    ),
    Sheet(
        "Transfers",
        """
        select sku, kind, from_pool, to_pool, units, needed_units, volume_cubic_feet, state, reason
        from marts.transfer_suggestions order by sku, from_pool, to_pool
        """,
        "No pool can give another what it lacks.",
    ),
    Sheet(
        "Expedite",
        """
        select status.supplier_id as supplier, status.po_number, status.sku,
            status.ordered_units - status.received_units as missing_units, status.promised_date,
            coalesce(status.expected_date, status.confirmed_date) as expected_date, plan.stockout_date,
            plan.days_of_cover, plan.reason
        from marts.purchase_order_status as status
        inner join (
            select sku, min(stockout_date) as stockout_date, min(days_of_cover) as days_of_cover,
                string_agg(reason, ' ' order by pool) as reason
            from marts.reorder_plan group by sku
        ) as plan on status.sku = plan.sku
        where status.state in ('open', 'partial') and status.ordered_units > status.received_units
            and plan.stockout_date < coalesce(
                status.expected_date, status.confirmed_date, status.promised_date, date '9999-12-31'
            )
        order by plan.stockout_date, supplier, status.po_number, status.sku
        """,
        "Nothing on order comes later than its SKU is out of stock.",
    ),
    Sheet(
        "Discontinue",
        f"{PLAN} where action = 'discontinue' order by on_hand desc, sku, pool",
        "No SKU went without a sale for long enough.",
    ),
    Sheet(
        "Suppliers",
        """
        select supplier, supplier_name, quarter, lines_due, on_time_in_full, on_time_rate, lead_time_mean,
            lead_time_sd, price_changes, price_change_rate, below_standard, renegotiate, reason
        from marts.supplier_scorecard order by supplier, quarter desc
        """,
        "No order of a supplier was due yet.",
    ),
)
COMPARED = """
    select sku, pool, as_of, action, suggested_units, position, on_hand, on_order, reorder_point, units_90d,
        lead_time_days, supplier
    from {schema}.reorder_plan order by sku, pool
"""
# What the plan is made of, each with the words of a reader.
CAUSES = {
    "on_hand": "on hand", "on_order": "on order", "units_90d": "sold in the window",
    "lead_time_days": "lead time, days", "reorder_point": "reorder point", "supplier": "supplier",
}  # fmt: skip


def write_workbook(con: duckdb.DuckDBPyConnection, night: Night) -> Path:
    """Write the workbook of the night; return its path."""
    book = Workbook()
    for blank in list(book.worksheets):
        book.remove(blank)
    for sheet in SHEETS:
        _fill(book.create_sheet(sheet.title), rows_of(con, sheet.query), sheet.empty)
    tonight = rows_of(con, COMPARED.format(schema="marts"))
    before, as_of = _last_plan(night)
    nothing = f"Nothing changed since {as_of}." if as_of else "No earlier night is published."
    changed = list(changes(before, tonight)) if as_of else []
    _fill(book.create_sheet(f"Changes since {as_of}" if as_of else "Changes"), changed, nothing)
    folder = night.shop.folder.outbox / "buying"
    path = folder / "buyers_workbook.xlsx"
    with whole_file(path) as draft:
        _save(book, draft, night.moment.replace(tzinfo=None))
    return path


def _save(book: Workbook, path: Path, moment: datetime) -> None:
    """Save the workbook as of the moment of its night: the same night gives the same bytes.

    openpyxl writes the time of the clock into the properties and into each entry of the archive.
    """
    made = BytesIO()
    book.properties.created = moment
    book.save(made)
    book.properties.modified = moment
    with ZipFile(made) as entries, ZipFile(path, "w") as whole:
        for name in entries.namelist():
            is_properties = name == ARC_CORE
            content = tostring(book.properties.to_tree()) if is_properties else entries.read(name)
            entry = ZipInfo(name, moment.timetuple()[:6])
            whole.writestr(entry, content, ZIP_DEFLATED)


def changes(
    before: Iterable[Mapping[str, Any]], tonight: Iterable[Mapping[str, Any]]
) -> Iterable[dict[str, Any]]:
    """Yield what is decided otherwise than before, and which of its inputs moved."""
    known = {(row["sku"], row["pool"]): row for row in before}
    for row in tonight:
        old = known.pop((row["sku"], row["pool"]), None)
        if old is None:
            yield _change(row, {}, row, "new on the plan")
        elif (old["action"], old["suggested_units"]) != (row["action"], row["suggested_units"]):
            moved = [
                f"{words} {_plain(old[name])} → {_plain(row[name])}"
                for name, words in CAUSES.items()
                if old[name] != row[name]
            ]
            yield _change(row, old, row, "; ".join(moved) or "time passed, or a setting changed")
    for row in known.values():
        yield _change(row, row, {}, "no longer on the plan")


def _change(
    row: Mapping[str, Any], old: Mapping[str, Any], new: Mapping[str, Any], why: str
) -> dict[str, Any]:
    return {
        "sku": row["sku"], "pool": row["pool"],
        "action before": old.get("action"), "action": new.get("action"),
        "units before": old.get("suggested_units"), "units": new.get("suggested_units"),
        "position before": old.get("position"), "position": new.get("position"), "why": why,
    }  # fmt: skip


def _plain(value: object) -> str:
    return (
        "unknown"
        if value is None
        else f"{value.normalize():f}"
        if isinstance(value, Decimal)
        else str(value)
    )


def _last_plan(night: Night) -> tuple[list[dict[str, Any]], date | None]:
    """Return the plan of the newest published night before this one, and its day; none before the first."""
    for file in sorted(night.shop.folder.published.glob("2*/marts.duckdb"), reverse=True):
        with duckdb.connect(str(file), read_only=True) as con:
            rows = rows_of(con, COMPARED.format(schema="main"))
        if rows and rows[0]["as_of"] < night.business_date:
            return rows, rows[0]["as_of"]
    return [], None


def _fill(sheet: Worksheet, rows: Sequence[Mapping[str, Any]], empty: str) -> None:
    """Write the rows under a frozen, filtered header; one sentence where there is none."""
    if not rows:
        sheet.append([empty])
        sheet.column_dimensions["A"].width = len(empty)
        return
    names = list(rows[0])
    sheet.append([name.replace("_", " ") for name in names])
    for row in rows:
        sheet.append([_cell(row[name]) for name in names])
    for place, name in enumerate(names, 1):
        column = sheet[get_column_letter(place)]
        longest = max(len(str(cell.value)) for cell in column if cell.value is not None)
        sheet.column_dimensions[get_column_letter(place)].width = min(longest + 3, WIDEST)
        for cell in column[1:]:
            cell.number_format = _format(name, cell.value)
            cell.alignment = Alignment(vertical="top", wrap_text=longest > WIDEST)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="E8EEF2")
        cell.alignment = Alignment(vertical="top", wrap_text=True)
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = sheet.dimensions


def _cell(value: object) -> Any:
    return neutral(value) if isinstance(value, str) else value


def _format(name: str, value: object) -> str:
    if isinstance(value, date):
        return "yyyy-mm-dd"
    if name.endswith("_rate"):
        return "0.0%"
    if name.endswith("_amount"):
        return "#,##0.00"
    if isinstance(value, int) and not isinstance(value, bool):
        return "#,##0"
    return "#,##0.##" if isinstance(value, Decimal) else "General"
