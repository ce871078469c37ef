"""The purchase orders that the plan suggests: from whom, since when, and who must approve."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import duckdb
import numpy as np

from tasks.decide import reorder_facts
from tasks.ledger import Ledger, SuggestedLine
from tasks.rules.columns import Amounts, Columns, Days, Decimals, Texts, half_up, objects
from tasks.rules.reorder_plan import Confidence, ReorderPlan
from tasks.rules.skus import Skus
from tasks.rules.supplier import Choices
from tasks.run.night import Night
from tasks.warehouse.connection import has_table
from tasks.warehouse.tables import fetch

CENT = Decimal("0.01")
TONIGHT = "select sku, cast(sum(suggested_units) as bigint) from ops.reorder_plan group by sku"
# Of the SKUs that are at their reorder point, since when, and all that a line to order needs.
CROSSED = "select sku, crossing_date from ops.reorder_supply where crossing_date is not null"
SUPPLIES = """
    select sku, supplier, unit_cost_amount, currency, own_cost, crossing_date, doubts
    from ops.reorder_supply
    where supplier is not null and unit_cost_amount is not null and currency is not null
        and crossing_date is not null
"""


@dataclass(frozen=True)
class Terms:
    """From whom a SKU that is at its reorder point can be bought, and what must be settled first."""

    sku: str
    supplier: str
    unit_cost_amount: Decimal
    currency: str
    own_cost: Decimal | None
    crossing_date: date
    doubts: str


@dataclass(frozen=True)
class Supply(Columns):
    """From whom each SKU is bought tonight, and since when its position is at the reorder point.

    `own_cost` is the cost of a unit in the shop's currency, None without the shop's rate; `doubts`
    are what a person must settle before it is ordered.
    """

    sku: Texts
    supplier: Texts
    supplier_name: Texts
    unit_cost_amount: Amounts
    currency: Texts
    own_cost: Amounts
    crossing_date: Days
    doubts: Texts
    supplier_sku: Texts
    payment_terms: Texts
    lead_time_days: Decimals
    alternate_supplier: Texts


def supplies(
    con: duckdb.DuckDBPyConnection,
    night: Night,
    plans: ReorderPlan,
    skus: Skus,
    taken: Choices,
) -> Supply:
    """Return who supplies each SKU; a crossing keeps its date for as long as it lasts.

    `taken` are the offers that are taken, a row for each of `skus`.

    The ledger knows since when: the warehouse may have been rebuilt since. Only a crossing without
    any line in the ledger is remembered by the warehouse alone.
    """
    first: dict[str, int] = {}
    doubts: dict[str, dict[str, None]] = defaultdict(dict)
    for row, (sku, those) in enumerate(zip(skus.sku.tolist(), skus.doubts.tolist(), strict=True)):
        first.setdefault(sku, row)
        if those:
            doubts[sku] |= dict.fromkeys(those)
    rows = np.array(list(first.values()), dtype=np.int64)
    lead = skus.lead_time_days[rows]
    crossings: dict[str, date] = {}
    if has_table(con, "ops.reorder_supply"):
        crossings |= con.execute(CROSSED).fetchall()
    crossings |= _crossings(con, night, dict(zip(first, lead.tolist(), strict=True)))
    needed = set(plans.sku[plans.is_needed].tolist())
    since = [crossings.get(sku) or night.business_date if sku in needed else None for sku in first]
    found = taken[rows]
    offer = found.offer
    return Supply(
        sku=skus.sku[rows],
        supplier=objects(each or None for each in offer.supplier.tolist()),
        supplier_name=offer.name,
        unit_cost_amount=objects(
            None if cost is None else cost.quantize(CENT, ROUND_HALF_UP)
            for cost in offer.unit_cost.tolist()
        ),
        currency=offer.currency,
        own_cost=found.cost,
        crossing_date=np.array(since, dtype="datetime64[D]"),
        doubts=objects(" ".join(doubts.get(sku, ())) for sku in first),
        supplier_sku=offer.supplier_sku,
        payment_terms=offer.payment_terms,
        lead_time_days=half_up(lead, 2),
        alternate_supplier=found.alternate,
    )


def _crossings(
    con: duckdb.DuckDBPyConnection, night: Night, lead_days: Mapping[str, float]
) -> dict[str, date]:
    """Return since when each SKU of the ledger is at its reorder point, without a night above it.

    What was ordered, and neither came nor shows in the purchase orders within its lead time and
    the lateness that counts, is no longer in the way: the need begins again.
    """
    late = night.shop.reorder.late_receipt_days
    found: dict[str, date] = {}
    for line in reorder_facts.crossings(con):
        lead = lead_days.get(line.sku, math.nan)
        waits = timedelta(days=late + (0 if math.isnan(lead) else math.ceil(lead)))
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


def _wanted(plans: ReorderPlan, terms: Sequence[Terms]) -> Iterator[_Wanted]:
    """Yield what would be ordered and can be.

    Without supplier, cost or currency there is no line to write: checks.finding_purchases asks.
    """
    terms_of = {each.sku: each for each in terms}
    by_sku: dict[str, list[int]] = defaultdict(list)
    for row in np.flatnonzero(plans.is_needed & (plans.suggested_units > 0)).tolist():
        by_sku[plans.sku[row]].append(row)
    for sku, rows in by_sku.items():
        if sku not in terms_of:
            continue
        found, those = terms_of[sku], plans[np.array(rows)]
        days = those.order_by_date[~np.isnat(those.order_by_date)]
        named = zip(those.pool, those.suggested_units, those.reason, strict=True)
        yield _Wanted(
            sku=sku,
            units=int(those.suggested_units.sum()),
            supplier=found.supplier,
            unit_cost_amount=found.unit_cost_amount,
            currency=found.currency,
            own_cost=found.own_cost,
            crossing_date=found.crossing_date,
            order_by_date=min(days.tolist(), default=None),
            is_unsure=bool(found.doubts) or bool((those.confidence == Confidence.LOW).any()),
            reason=(
                those.reason[0]
                if len(rows) == 1
                else " ".join(f"For {pool} {units}: {reason}" for pool, units, reason in named)
            ),
        )


def _lines(night: Night, plans: ReorderPlan, terms: Sequence[Terms]) -> list[SuggestedLine]:
    """Return the lines to suggest; what a supplier's lines cost together decides who approves them."""
    wanted = list(_wanted(plans, terms))
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
    con: duckdb.DuckDBPyConnection, night: Night, ledger: Ledger, plans: ReorderPlan
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
    lines = _lines(night, plans, fetch(con, Terms, SUPPLIES))
    ledger.end_crossings(
        still=set(plans.sku[plans.is_needed].tolist()),
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
