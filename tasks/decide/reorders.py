"""The reorder plan of every SKU and the purchase orders it suggests."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from statistics import fmean, stdev

import duckdb

from config.shop import Shop
from tasks.decide import reorder_facts
from tasks.decide.reorder_facts import Demand
from tasks.ledger import Ledger, SuggestedLine
from tasks.rules.classes import Abc
from tasks.rules.rate import with_peers, with_seasons
from tasks.rules.reorder import Receipt
from tasks.rules.reorder_action import ReorderInput, Thresholds
from tasks.rules.reorder_plan import ORDERING, Confidence, ReorderPlan, capped_days, plan_reorder
from tasks.rules.supplier import Choice, Offer, choose
from tasks.run.night import Night
from tasks.warehouse.connection import has_table
from tasks.warehouse.tables import fetch, write_rows

CENT = Decimal("0.01")
ENOUGH_RECEIPTS = 5  # fewer say less than the supplier's own word
SUPPLIES = """
    select sku, supplier, supplier_name, unit_cost_amount, currency, own_cost, crossing_date, doubts
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


@dataclass(frozen=True)
class Capped:
    """A day whose units were no guide to the next: what was ordered, and what the plan counts."""

    sku: str
    business_date: date
    units: int
    capped_units: int


def decide_reorders(con: duckdb.DuckDBPyConnection, night: Night) -> list[ReorderPlan]:
    """Return the plan of every SKU, kept as ops.reorder_plan, reorder_supply and capped_days."""
    chosen = choices(con, night.shop)
    known = with_peers(plan_inputs(con, night, chosen), night.shop.reorder.siblings)
    inputs = with_seasons(known, reorder_facts.months(con))
    plans = [plan_reorder(sku) for sku in inputs]
    supplies = _supplies(con, night, plans, inputs, chosen)
    write_rows(con, "ops.reorder_plan", ReorderPlan, plans)
    write_rows(con, "ops.reorder_supply", Supply, supplies)
    capped = [
        Capped(sku.sku, day, spike.units, spike.counted)
        for sku in inputs
        for day, spike in capped_days(sku)
    ]
    write_rows(con, "ops.capped_days", Capped, capped)
    return plans


def plan_inputs(
    con: duckdb.DuckDBPyConnection, night: Night, chosen: Mapping[str, Choice]
) -> list[ReorderInput]:
    """Return what is known of every SKU that is bought, by SKU: what the plan is made of."""
    shop = night.shop
    positions, bundles = reorder_facts.positions(con), reorder_facts.bundles(con)
    measured = reorder_facts.lead_times(con)
    on_order, doubts = _on_order(con, night, chosen, measured)
    abc = reorder_facts.classes(con)
    last_sale, known_since = reorder_facts.last_sales(con), reorder_facts.known_since(con)
    inputs = []
    for wanted in reorder_facts.demand(con):
        sku = wanted.sku
        if sku in bundles:
            continue  # made of what is bought, never bought itself
        position = positions.get(sku)
        choice = chosen.get(sku)
        offer = choice.offer if choice else None
        times = _measured(offer, measured)
        inputs.append(
            ReorderInput(
                sku=sku,
                as_of=night.business_date,
                daily=tuple(wanted.units or ()),
                in_stock=tuple(wanted.in_stock or ()),
                on_hand=position.on_hand if position else None,
                available=position.available if position else None,
                is_stale=bool(position and position.is_stale),
                on_order=tuple(on_order[sku]),
                lead_time_days=_lead_time(offer, times),
                lead_time_sd=stdev(times) if len(times) > 1 else 0.0,
                lead_times=times,
                review_days=(offer and offer.review_days) or shop.reorder.review_days,
                cover_days=shop.reorder.cover_days,
                service_level=shop.reorder.service_level[(abc.get(sku) or Abc.C).value],
                moq=(offer and offer.moq) or 0,
                case_pack=(offer and offer.case_pack) or 1,
                unit_cost=offer.unit_cost if offer else None,
                last_sale=last_sale.get(sku),
                known_since=known_since.get(sku),
                known_to=wanted.known_to,
                window_days=shop.reorder.window_days,
                abc=abc.get(sku),
                owner=shop.people["buying"].owner if "buying" in shop.people else None,
                doubts=(
                    *doubts[sku],
                    *(choice.doubts if choice else ()),
                    *_orders_unknown(wanted),
                ),
                thresholds=_thresholds(shop),
            )
        )
    return inputs


def _orders_unknown(wanted: Demand) -> Iterator[str]:
    """Yield which days of the window are not counted, as no file covers them."""
    first, last = wanted.known_from, wanted.known_to
    if first is None or last is None:
        yield "No orders of the window are known: bring an orders export."
        return
    if before := (first - wanted.window_start).days:
        yield (
            f"Orders are known from {first} on, {before} days of the window before it are not"
            " counted: an export of older orders would show them."
        )
    if after := (wanted.window_end - last).days:
        yield (
            f"The orders of a channel that sells it are known to {last}, {after} days of the window"
            " are not counted: bring a newer orders export."
        )


def choices(con: duckdb.DuckDBPyConnection, shop: Shop) -> dict[str, Choice]:
    """Return from whom each SKU is bought."""
    found = {
        sku: choose(known, shop.currency, shop.fixed_rates)
        for sku, known in reorder_facts.offers(con).items()
    }
    return {sku: choice for sku, choice in found.items() if choice}


def _measured(offer: Offer | None, measured: Mapping[str, list[int]]) -> tuple[int, ...]:
    """Return the lead times of the supplier's receipts, days, where there are enough of them."""
    times = measured.get(offer.supplier, []) if offer else []
    return tuple(times) if len(times) >= ENOUGH_RECEIPTS else ()


def _lead_time(offer: Offer | None, times: Sequence[int]) -> float | None:
    """Return the lead time in days: measured where receipts are enough, else stated."""
    if times:
        return fmean(times)
    return None if offer is None or offer.lead_time_days is None else float(offer.lead_time_days)


def _on_order(
    con: duckdb.DuckDBPyConnection,
    night: Night,
    chosen: Mapping[str, Choice],
    measured: Mapping[str, list[int]],
) -> tuple[dict[str, list[Receipt]], dict[str, list[str]]]:
    """Return what is on its way to each SKU, and what a person must settle first.

    Without a promised date it is expected a lead time after it was ordered, tomorrow at the
    earliest. What a person marked as ordered counts until the purchase orders show it, or until it
    is as late as any receipt may be.
    """
    today, late = night.business_date, night.shop.reorder.late_receipt_days
    receipts: dict[str, list[Receipt]] = defaultdict(list)
    doubts: dict[str, list[str]] = defaultdict(list)

    def lead(sku: str) -> timedelta:
        offer = chosen[sku].offer if sku in chosen else None
        return timedelta(days=math.ceil(_lead_time(offer, _measured(offer, measured)) or 0))

    for line in reorder_facts.on_order(con):
        if not line.is_placed:
            doubts[line.sku].append(
                f"{line.po_number} over {line.units} units has the unknown status"
                f" {line.status or 'blank'!r}."
            )
            continue
        ordered = line.ordered_date or today
        expected = max(ordered + lead(line.sku), today + timedelta(days=1))
        receipts[line.sku].append(Receipt(line.promised_date or expected, line.units))
    for ours in reorder_facts.marked(con):
        expected = ours.ordered_on + lead(ours.sku)
        if expected + timedelta(days=late) >= today:
            receipts[ours.sku].append(Receipt(expected, ours.units))
    return receipts, doubts


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
    inputs: Sequence[ReorderInput],
    chosen: Mapping[str, Choice],
) -> list[Supply]:
    """Return who supplies each SKU; a crossing keeps its date for as long as it lasts.

    The ledger knows since when: the warehouse may have been rebuilt since. Only a crossing without
    any line in the ledger is remembered by the warehouse alone.
    """
    before = fetch(con, Supply, SUPPLIES) if has_table(con, "ops.reorder_supply") else ()
    since = {supply.sku: supply.crossing_date for supply in before}
    since |= _crossings(con, night, inputs)
    supplies = []
    for plan, sku in zip(plans, inputs, strict=True):
        choice = chosen.get(plan.sku)
        offer = choice.offer if choice else None
        crossing = (since.get(plan.sku) or night.business_date) if plan.action in ORDERING else None
        supplies.append(
            Supply(
                sku=plan.sku,
                supplier=offer.supplier if offer else None,
                supplier_name=offer.name if offer else None,
                unit_cost_amount=(
                    offer.unit_cost.quantize(CENT, ROUND_HALF_UP)
                    if offer and offer.unit_cost is not None
                    else None
                ),
                currency=offer.currency if offer else None,
                own_cost=choice.cost if choice else None,
                crossing_date=crossing,
                doubts=" ".join(sku.doubts),
            )
        )
    return supplies


def _crossings(
    con: duckdb.DuckDBPyConnection, night: Night, inputs: Sequence[ReorderInput]
) -> dict[str, date]:
    """Return since when each SKU of the ledger is at its reorder point, without a night above it.

    What was ordered, and neither came nor shows in the purchase orders within its lead time and
    the lateness that counts, is no longer in the way: the need begins again.
    """
    late = night.shop.reorder.late_receipt_days
    lead = {sku.sku: math.ceil(sku.lead_time_days or 0) for sku in inputs}
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
    """What the plan would order of a SKU, with all that a line needs."""

    plan: ReorderPlan
    supplier: str
    unit_cost_amount: Decimal
    currency: str
    own_cost: Decimal | None
    crossing_date: date
    has_doubts: bool


def _wanted(plans: Sequence[ReorderPlan], supplies: Sequence[Supply]) -> Iterator[_Wanted]:
    """Yield what would be ordered and can be.

    Without supplier, cost or currency there is no line to write: checks.finding_purchases asks.
    """
    supply_of = {supply.sku: supply for supply in supplies}
    for plan in plans:
        if plan.action not in ORDERING or plan.suggested_units <= 0:
            continue
        supply = supply_of[plan.sku]
        supplier, cost, currency = supply.supplier, supply.unit_cost_amount, supply.currency
        crossing = supply.crossing_date
        if supplier is None or cost is None or currency is None or crossing is None:
            continue
        doubts = bool(supply.doubts)
        yield _Wanted(plan, supplier, cost, currency, supply.own_cost, crossing, doubts)


def _lines(
    night: Night, plans: Sequence[ReorderPlan], supplies: Sequence[Supply]
) -> list[SuggestedLine]:
    """Return the lines to suggest; what a supplier's lines cost together decides who approves them."""
    wanted = list(_wanted(plans, supplies))
    totals: dict[str, Decimal | None] = {}
    for each in wanted:
        so_far = totals.get(each.supplier, Decimal(0))
        totals[each.supplier] = (
            None
            if each.own_cost is None or so_far is None
            else so_far + each.plan.suggested_units * each.own_cost
        )
    limit = night.shop.approval.purchase_order_limit_amount
    return [
        SuggestedLine(
            supplier=each.supplier,
            sku=each.plan.sku,
            crossing_date=each.crossing_date,
            units=each.plan.suggested_units,
            unit_cost_amount=each.unit_cost_amount,
            currency=each.currency,
            due_date=each.plan.order_by_date or night.business_date + timedelta(days=1),
            needs_approval=(
                (total := totals[each.supplier]) is None
                or total > limit
                or each.has_doubts
                or each.plan.confidence is Confidence.LOW
            ),
            reason=each.plan.reason,
        )
        for each in wanted
    ]


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
        still={plan.sku for plan in plans if plan.action in ORDERING},
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
