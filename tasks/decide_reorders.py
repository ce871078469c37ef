"""The reorder plan of every SKU and the purchase orders it suggests."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb

from config.shop import Shop
from tasks.ledger import Ledger, SuggestedLine
from tasks.night import Night
from tasks.push.spreadsheet import write_cells
from tasks.rules.classes import Abc, abc_classes
from tasks.rules.reorder import Receipt
from tasks.rules.reorder_action import ReorderInput, Thresholds
from tasks.rules.reorder_plan import ORDERING, ReorderPlan, plan_reorder
from tasks.tables import write_rows

ENOUGH_RECEIPTS = 5  # fewer say less than the supplier's own word
DEMAND = """
    select sku, list(units order by business_date), list(coalesce(is_in_stock, false) order by business_date),
        count(is_in_stock) > 0, max(business_date) filter (units > 0)
    from ops.demand_daily group by sku order by sku
"""
STOCK = """
    select sku, cast(sum(on_hand_units) as bigint), cast(sum(available_units) as bigint)
    from ops.stock_position group by sku
"""
ON_ORDER = """
    select sku, promised_date, cast(sum(ordered_units - received_units) as bigint)
    from core.purchase_order_lines
    where state in ('open', 'partial') and ordered_units > received_units and promised_date is not null
    group by sku, promised_date order by sku, promised_date
"""
SUPPLIERS = """
    select sku, supplier_id, name, lead_time_days, moq_units, case_pack_units, unit_cost_amount, currency
    from core.supplier_items
    qualify row_number() over (partition by sku order by unit_cost_amount nulls last, supplier_id) = 1
"""
LEAD_TIMES = """
    select supplier_id, count(*), avg(last_received_date - ordered_date), stddev_samp(last_received_date - ordered_date)
    from core.purchase_order_lines cross join settings.run
    where received_units >= ordered_units and ordered_date >= run.business_date - 365
    group by supplier_id
"""
VALUES = """
    select coalesce(bundles.component_sku, order_lines.sku),
        cast(sum(order_lines.gross_amount / channels.rate) as decimal(18, 2))
    from core.order_lines
    inner join settings.channels using (channel)
    left join core.bundles on order_lines.sku = bundles.bundle_sku
    where order_lines.is_counted and not order_lines.is_cancelled
    group by all
"""


@dataclass(frozen=True)
class Supply:
    """From whom a SKU is bought tonight, and since when its position is at the reorder point."""

    sku: str
    supplier: str | None
    supplier_name: str | None
    unit_cost_amount: Decimal | None
    currency: str | None
    crossing_date: date | None


def decide_reorders(con: duckdb.DuckDBPyConnection, night: Night) -> list[ReorderPlan]:
    """Return the plan of every SKU, kept as ops.reorder_plan and ops.reorder_supply."""
    shop = night.shop
    stock = {row[0]: row[1:] for row in con.execute(STOCK).fetchall()}
    on_order: dict[str, list[Receipt]] = defaultdict(list)
    for sku, day, units in con.execute(ON_ORDER).fetchall():
        on_order[sku].append(Receipt(day, units))
    supplier = {row[0]: row[1:] for row in con.execute(SUPPLIERS).fetchall()}
    measured = {row[0]: row[1:] for row in con.execute(LEAD_TIMES).fetchall()}
    abc = abc_classes({sku: value or Decimal(0) for sku, value in con.execute(VALUES).fetchall()})
    plans = []
    bundles = {row[0] for row in con.execute("select bundle_sku from core.bundles").fetchall()}
    for sku, daily, stocked, is_known, last_sale in con.execute(DEMAND).fetchall():
        if sku in bundles:
            continue  # made of what is bought, never bought itself
        on_hand, available = stock.get(sku, (0, 0))
        buys = supplier.get(sku)
        lead, lead_sd = _lead_time(buys, measured)
        plans.append(
            plan_reorder(
                ReorderInput(
                    sku=sku,
                    as_of=night.business_date,
                    daily=tuple(daily),
                    in_stock=tuple(stocked) if is_known else None,
                    on_hand=on_hand,
                    available=available,
                    on_order=tuple(on_order[sku]),
                    lead_time_days=lead,
                    lead_time_sd=lead_sd,
                    review_days=shop.reorder.review_days,
                    cover_days=shop.reorder.cover_days,
                    service_level=shop.reorder.service_level[(abc.get(sku) or Abc.C).value],
                    moq=buys[3] or 0 if buys else 0,
                    case_pack=buys[4] or 1 if buys else 1,
                    unit_cost=buys[5] if buys else None,
                    last_sale=last_sale,
                    abc=abc.get(sku),
                    owner=shop.people["buying"].owner if "buying" in shop.people else None,
                    thresholds=_thresholds(shop),
                )
            )
        )
    supplies = _supplies(con, night, plans, supplier)
    write_rows(con, "ops.reorder_plan", ReorderPlan, plans)
    write_rows(con, "ops.reorder_supply", Supply, supplies)
    return plans


def _lead_time(
    buys: tuple[object, ...] | None, measured: Mapping[str, tuple[int, float, float | None]]
) -> tuple[float | None, float]:
    """Return lead time and its deviation, days: measured where receipts are enough, else stated."""
    if buys is None:
        return None, 0.0
    count, mean, deviation = measured.get(str(buys[0]), (0, 0.0, None))
    if count >= ENOUGH_RECEIPTS:
        return float(mean), float(deviation or 0)
    return (None if buys[2] is None else float(str(buys[2]))), 0.0


def _thresholds(shop: Shop) -> Thresholds:
    rules = shop.reorder
    return Thresholds(
        safety_days=rules.safety_days,
        min_in_stock_days=rules.min_in_stock_days,
        overstock_days=rules.overstock_days,
        dead_days=rules.dead_days,
        late_receipt_days=rules.late_receipt_days,
    )


def _supplies(
    con: duckdb.DuckDBPyConnection,
    night: Night,
    plans: Sequence[ReorderPlan],
    supplier: Mapping[str, tuple[object, ...]],
) -> list[Supply]:
    """Return who supplies each SKU; a crossing keeps its date for as long as it lasts."""
    known = con.execute(
        "select count(*) from duckdb_tables() where schema_name = 'ops' and table_name = 'reorder_supply'"
    ).fetchall()
    before: dict[str, date] = {}
    if known[0][0]:
        before = dict(con.execute("select sku, crossing_date from ops.reorder_supply").fetchall())
    supplies = []
    for plan in plans:
        buys = supplier.get(plan.sku)
        crossing = (
            (before.get(plan.sku) or night.business_date) if plan.action in ORDERING else None
        )
        cost = (
            Decimal(str(buys[5])).quantize(Decimal("0.01"), ROUND_HALF_UP)
            if buys and buys[5]
            else None
        )
        supplies.append(
            Supply(
                plan.sku,
                str(buys[0]) if buys else None,
                str(buys[1]) if buys and buys[1] else None,
                cost,
                str(buys[6]) if buys and buys[6] else None,
                crossing,
            )
        )
    return supplies


def suggest_orders(
    con: duckdb.DuckDBPyConnection, night: Night, ledger: Ledger, plans: Sequence[ReorderPlan]
) -> int:
    """Put what the plan would order into the ledger; return how many lines are new.

    An order above the buyer's limit waits for the owner. A line that is no longer needed is
    withdrawn; an open one suppresses another of the same crossing.
    """
    supplies = {
        row[0]: row[1:]
        for row in con.execute(
            "select sku, supplier, unit_cost_amount, currency, crossing_date from ops.reorder_supply"
        ).fetchall()
    }
    wanted = [plan for plan in plans if plan.action in ORDERING and plan.suggested_units > 0]
    wanted = [plan for plan in wanted if all(part is not None for part in supplies[plan.sku])]
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for plan in wanted:
        supplier, cost, currency, _ = supplies[plan.sku]
        totals[supplier] += (
            plan.suggested_units * cost / night.shop.fixed_rates.get(currency, Decimal(1))
        )
    lines = [
        SuggestedLine(
            supplier=supplies[plan.sku][0],
            sku=plan.sku,
            crossing_date=supplies[plan.sku][3],
            units=plan.suggested_units,
            unit_cost_amount=supplies[plan.sku][1],
            currency=supplies[plan.sku][2],
            due_date=plan.order_by_date or night.business_date + timedelta(days=1),
            needs_approval=totals[supplies[plan.sku][0]]
            > night.shop.approval.purchase_order_limit_amount,
            reason=plan.reason,
        )
        for plan in wanted
    ]
    keep = {(line.supplier, line.sku) for line in lines}
    stale = [
        row["po_key"]
        for row in ledger.rows("purchase_suggestions")
        if row["state"] in ("suggested", "pending_approval")
        and (row["supplier"], row["sku"]) not in keep
    ]
    if stale:
        ledger.withdraw(
            stale,
            who="plan_reorders",
            why="its position is above the reorder point again",
            at=night.moment,
        )
    return ledger.suggest(lines, opened_on=night.business_date, at=night.moment)


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
        write_cells(folder / f"{_safe(supplier)}.csv", PO_HEADER, rows)
        for supplier, rows in sorted(by_supplier.items())
    ]
    for path in set(folder.glob("*.csv")) - set(paths):
        path.unlink()  # nothing is open with that supplier any more
    return paths


def _safe(name: str) -> str:
    return "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in name)
