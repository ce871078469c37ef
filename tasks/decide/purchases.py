"""The purchase orders that the plan suggests: from whom, since when, and who must approve."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import duckdb

from tasks.decide import reorder_facts
from tasks.ledger import Ledger, SuggestedLine
from tasks.rules.reorder_action import ReorderInput
from tasks.rules.reorder_plan import Confidence, ReorderPlan, decimal
from tasks.rules.supplier import Choice
from tasks.run.night import Night
from tasks.warehouse.connection import has_table
from tasks.warehouse.tables import fetch

CENT = Decimal("0.01")
TONIGHT = "select sku, cast(sum(suggested_units) as bigint) from ops.reorder_plan group by sku"
SUPPLIES = """
    select sku, supplier, supplier_name, unit_cost_amount, currency, own_cost, crossing_date, doubts,
        supplier_sku, payment_terms, lead_time_days, alternate_supplier
    from ops.reorder_supply
"""


@dataclass(frozen=True)
class Supply:
    """From whom a SKU is bought tonight, and since when its position is at the reorder point.

    `own_cost` is the cost of a unit in the shop's currency, None without the shop's rate; `doubts`
    are what a person must settle before it is ordered.
    """

    sku: str
    supplier: str | None
    supplier_name: str | None
    unit_cost_amount: Decimal | None
    currency: str | None
    own_cost: Decimal | None
    crossing_date: date | None
    doubts: str
    supplier_sku: str | None
    payment_terms: str | None
    lead_time_days: Decimal | None
    alternate_supplier: str | None


def supplies(
    con: duckdb.DuckDBPyConnection,
    night: Night,
    plans: Sequence[ReorderPlan],
    inputs: Mapping[str, Sequence[ReorderInput]],
    chosen: Mapping[str, Choice],
) -> list[Supply]:
    """Return who supplies each SKU; a crossing keeps its date for as long as it lasts.

    The ledger knows since when: the warehouse may have been rebuilt since. Only a crossing without
    any line in the ledger is remembered by the warehouse alone.
    """
    before = fetch(con, Supply, SUPPLIES) if has_table(con, "ops.reorder_supply") else ()
    since = {supply.sku: supply.crossing_date for supply in before}
    since |= _crossings(con, night, inputs)
    needed = {plan.sku for plan in plans if plan.is_needed}
    found = []
    for sku, pools in inputs.items():
        choice = chosen.get(sku)
        offer = choice.offer if choice else None
        cost = offer.unit_cost if offer else None
        found.append(
            Supply(
                sku=sku,
                supplier=offer.supplier if offer else None,
                supplier_name=offer.name if offer else None,
                unit_cost_amount=None if cost is None else cost.quantize(CENT, ROUND_HALF_UP),
                currency=offer.currency if offer else None,
                own_cost=choice.cost if choice else None,
                crossing_date=(since.get(sku) or night.business_date) if sku in needed else None,
                supplier_sku=offer.supplier_sku if offer else None,
                payment_terms=offer.payment_terms if offer else None,
                lead_time_days=decimal(pools[0].lead_time_days, "0.01"),
                alternate_supplier=choice.alternate if choice else None,
                doubts=" ".join(dict.fromkeys(doubt for pool in pools for doubt in pool.doubts)),
            )
        )
    return found


def _crossings(
    con: duckdb.DuckDBPyConnection, night: Night, inputs: Mapping[str, Sequence[ReorderInput]]
) -> dict[str, date]:
    """Return since when each SKU of the ledger is at its reorder point, without a night above it.

    What was ordered, and neither came nor shows in the purchase orders within its lead time and
    the lateness that counts, is no longer in the way: the need begins again.
    """
    late = night.shop.reorder.late_receipt_days
    lead = {sku: math.ceil(pools[0].lead_time_days or 0) for sku, pools in inputs.items()}
    found: dict[str, date] = {}
    for line in reorder_facts.crossings(con):
        waits = timedelta(days=lead.get(line.sku, 0) + late)
        if line.ordered_on is None or line.ordered_on + waits >= night.business_date:
            found[line.sku] = line.crossing_date
        else:
            found.pop(line.sku, None)
    return found


@dataclass(frozen=True)
class _Wanted:
    """What the plan would order of a SKU for all its pools, with all that a line needs."""

    sku: str
    units: int
    supplier: str
    unit_cost_amount: Decimal
    currency: str
    own_cost: Decimal | None
    crossing_date: date
    order_by_date: date | None
    is_unsure: bool
    reason: str


def _wanted(plans: Sequence[ReorderPlan], supplies: Sequence[Supply]) -> Iterator[_Wanted]:
    """Yield what would be ordered and can be.

    Without supplier, cost or currency there is no line to write: checks.finding_purchases asks.
    """
    supply_of = {supply.sku: supply for supply in supplies}
    by_sku: dict[str, list[ReorderPlan]] = defaultdict(list)
    for plan in plans:
        if plan.is_needed and plan.suggested_units > 0:
            by_sku[plan.sku].append(plan)
    for sku, pools in by_sku.items():
        supply = supply_of[sku]
        supplier, cost, currency = supply.supplier, supply.unit_cost_amount, supply.currency
        crossing = supply.crossing_date
        if supplier is None or cost is None or currency is None or crossing is None:
            continue
        yield _Wanted(
            sku=sku,
            units=sum(plan.suggested_units for plan in pools),
            supplier=supplier,
            unit_cost_amount=cost,
            currency=currency,
            own_cost=supply.own_cost,
            crossing_date=crossing,
            order_by_date=min((p.order_by_date for p in pools if p.order_by_date), default=None),
            is_unsure=bool(supply.doubts) or any(p.confidence is Confidence.LOW for p in pools),
            reason=(
                pools[0].reason
                if len(pools) == 1
                else " ".join(f"For {p.pool} {p.suggested_units}: {p.reason}" for p in pools)
            ),
        )


def _lines(
    night: Night, plans: Sequence[ReorderPlan], supplies: Sequence[Supply]
) -> list[SuggestedLine]:
    """Return the lines to suggest; what a supplier's lines cost together decides who approves them."""
    wanted = list(_wanted(plans, supplies))
    totals: dict[str, Decimal | None] = {}
    for each in wanted:
        so_far = totals.get(each.supplier, Decimal(0))
        totals[each.supplier] = (
            None if each.own_cost is None or so_far is None else so_far + each.units * each.own_cost
        )
    limit = night.shop.approval.purchase_order_limit_amount
    return [
        SuggestedLine(
            supplier=each.supplier,
            sku=each.sku,
            crossing_date=each.crossing_date,
            units=each.units,
            unit_cost_amount=each.unit_cost_amount,
            currency=each.currency,
            due_date=each.order_by_date or night.business_date + timedelta(days=1),
            needs_approval=(
                (total := totals[each.supplier]) is None or total > limit or each.is_unsure
            ),
            reason=each.reason,
        )
        for each in wanted
    ]


def tonight(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Return the units that the newest plan would order of each SKU; none before the first plan."""
    if not has_table(con, "ops.reorder_plan"):
        return {}
    return dict(con.execute(TONIGHT).fetchall())


def suggest_orders(
    con: duckdb.DuckDBPyConnection, night: Night, ledger: Ledger, plans: Sequence[ReorderPlan]
) -> int:
    """Put what the plan would order into the ledger; return how many lines are new.

    What the supplier's purchase orders show as placed is ordered. An order above the buyer's limit,
    one whose value is unknown, and one that the plan is unsure of wait for a person. A line that is
    no longer needed is withdrawn; an open one suppresses another of the same crossing.
    """
    for line in reorder_facts.placed(con):
        ledger.order(
            [line.po_key],
            who="plan_reorders",
            why=f"{line.po_number} shows it as placed",
            at=night.moment,
            on=night.business_date,
        )
    lines = _lines(night, plans, fetch(con, Supply, SUPPLIES))
    ledger.end_crossings(
        still={plan.sku for plan in plans if plan.is_needed},
        on=night.business_date,
        at=night.moment,
    )
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
            why="its position is above the reorder point again, or another supplier is taken",
            at=night.moment,
        )
    return ledger.suggest(lines, opened_on=night.business_date, at=night.moment)
