"""What people state instead of what the plan would count on: who may, of what, and what holds tonight."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import duckdb

from config.errors import FatalError, UsageError
from tasks.decide.approval import require_buyer
from tasks.decide.people import require_role
from tasks.ledger import Subject
from tasks.rules.columns import Objects
from tasks.rules.override import Override, Stated, fault
from tasks.run.night import Night
from tasks.warehouse.tables import fetch

# What was neither replaced nor taken back, and what ended within the days in which that is said.
HELD = """
    select subject_kind, subject_id, what, value, until_date, who, reason
    from ledger.overrides cross join settings.run
    where ended_at is null and until_date >= run.business_date - override_said_days()
    order by subject_kind, subject_id, what
"""
KNOWN = {
    "sku": """
        select exists(
            select 1 from ops.demand_daily where sku = $1
            union all select 1 from ops.stock_position where sku = $1
            union all select 1 from core.supplier_items where sku = $1
        )
    """,
    "supplier": """
        select exists(
            select 1 from core.supplier_items where supplier_id = $1
            union all select 1 from core.purchase_order_lines where supplier_id = $1
        )
    """,
}
OWNERS = frozenset({Stated.SERVICE_LEVEL})  # how often to be out is policy; the others are facts


@dataclass(frozen=True)
class _Held:
    """A row of the ledger's overrides."""

    subject_kind: str
    subject_id: str
    what: str
    value: str
    until_date: date
    who: str
    reason: str


@dataclass(frozen=True)
class Overrides:
    """What holds tonight or ended this week, by SKU and by supplier."""

    of_sku: dict[str, dict[Stated, Override]]
    of_supplier: dict[str, dict[Stated, Override]]

    def by_row(self, skus: Objects, suppliers: Objects) -> dict[int, list[Override]]:
        """Return what is stated of each row that anything is: of its SKU before of its supplier, one of a kind."""
        found = {}
        for row, (sku, supplier) in enumerate(zip(skus.tolist(), suppliers.tolist(), strict=True)):
            if sku in self.of_sku or supplier in self.of_supplier:
                both = self.of_supplier.get(supplier, {}) | self.of_sku.get(sku, {})
                found[row] = list(both.values())
        return found

    def buffer_units(self, sku: str, day: date) -> int | None:
        """Return the units that a person holds back of a SKU; None where nobody says it."""
        stated = self.of_sku.get(sku, {}).get(Stated.BUFFER_UNITS)
        return None if stated is None or stated.until < day else int(stated.value)


def overrides(con: duckdb.DuckDBPyConnection) -> Overrides:
    """Return what people state."""
    found: dict[str, dict[str, dict[Stated, Override]]] = {
        "sku": defaultdict(dict),
        "supplier": defaultdict(dict),
    }
    for row in fetch(con, _Held, HELD):
        what = Stated(row.what)
        found[row.subject_kind][row.subject_id][what] = Override(
            what, Decimal(row.value), row.until_date, row.who, row.reason
        )
    return Overrides(found["sku"], found["supplier"])


def subject(sku: str, supplier: str, what: Stated) -> Subject:
    """Return what a form names.

    Raises:
        UsageError: not exactly one of SKU and supplier is named.
    """
    if bool(sku.strip()) == bool(supplier.strip()):
        raise UsageError("Name a SKU or a supplier: one of the two.")
    kind, name = ("sku", sku) if sku.strip() else ("supplier", supplier)
    return Subject(kind, name.strip(), what.value)


def require_right(night: Night, what: Stated, who: str) -> str:
    """Hold `who` to the people who may state it; return the address.

    Raises:
        FatalError: it is somebody else; it names who may.
    """
    shop = night.shop
    if what in OWNERS:
        return require_role(shop, who, night.business_date, {shop.approval_role}, f"{what} is")
    return require_buyer(shop, who, night.business_date)


def require_sense(
    con: duckdb.DuckDBPyConnection, night: Night, of: Subject, value: str, until: date
) -> str:
    """Hold an override to what is known; return its value as the ledger keeps it.

    Raises:
        UsageError: the value is missing or cannot be, or the last day is over.
        FatalError: nobody knows the SKU or the supplier.
    """
    if not value:
        raise UsageError("An override needs its value: state the figure.")
    number = Decimal(value)
    if why := fault(Stated(of.what), number, is_supplier=of.subject_kind == "supplier"):
        raise UsageError(why)
    if until < night.business_date:
        raise UsageError(
            f"until {until} is before {night.business_date}: name the last day on which it holds."
        )
    if not con.execute(KNOWN[of.subject_kind], [of.subject_id]).fetchall()[0][0]:
        raise FatalError(
            f"{night.shop.name} knows no {of.subject_kind} {of.subject_id!r}: write it as in"
            " marts.reorder_plan."
        )
    return f"{number.normalize():f}"
