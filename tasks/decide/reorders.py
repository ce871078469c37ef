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
from tasks.ledger import Ledger, SuggestedLine
from tasks.rules.classes import Abc, abc_classes
from tasks.rules.reorder import Receipt
from tasks.rules.reorder_action import ReorderInput, Thresholds
from tasks.rules.reorder_plan import ORDERING, Confidence, ReorderPlan, capped_days, plan_reorder
from tasks.rules.supplier import Choice, Offer, choose
from tasks.run.night import Night
from tasks.warehouse.tables import write_rows

CENT = Decimal("0.01")
ENOUGH_RECEIPTS = 5  # fewer say less than the supplier's own word
DEMAND = """
    select sku, list(units order by business_date) filter (units is not null),
        list(is_in_stock order by business_date) filter (units is not null),
        min(business_date), min(business_date) filter (units is not null),
        max(business_date) filter (units is not null), max(business_date)
    from ops.demand_daily group by sku order by sku
"""
SALES = """
    select coalesce(bundles.component_sku, order_lines.sku), max(order_lines.business_date)
    from core.order_lines left join core.bundles on order_lines.sku = bundles.bundle_sku
    where order_lines.is_demand
    group by all
"""
# From when both are known: a SKU's stock, and the shop's orders.
KNOWN_SINCE = """
    select sku, greatest(min(history_date), (select min(business_date) from core.order_lines))
    from core.stock_history group by sku
"""
# What is promised at a place that nobody counts draws on the counted ones; without any there is no position.
STOCK = """
    select sku, cast(sum(on_hand_units) as bigint),
        cast(sum(coalesce(available_units, -reserved_units)) as bigint),
        bool_and(is_stale) filter (source_as_of is not null)
    from ops.stock_position group by sku
    having bool_or(source_as_of is not null)
"""
# A draft is no order. What came for one of an unknown status shows that it was placed.
ON_ORDER = """
    select sku, po_number, promised_date, ordered_date, ordered_units - received_units as units,
        state in ('open', 'partial') or (state = 'unknown' and received_units > 0) as is_placed, status
    from core.purchase_order_lines
    where state in ('open', 'partial', 'unknown') and ordered_units > received_units
    order by sku, promised_date, po_number
"""
# What a person marked as ordered, until the purchase orders show it.
MARKED = """
    select sku, units, ordered_on, po_key
    from ledger.purchase_suggestions as ours
    where state = 'ordered' and ordered_on is not null and not exists (
        select 1 from core.purchase_order_lines as theirs
        where theirs.sku = ours.sku and theirs.supplier_id = ours.supplier
            and theirs.ordered_date >= ours.opened_on and theirs.state != 'draft'
    )
"""
# Open suggestions that the supplier's purchase orders show as placed.
PLACED = """
    select ours.po_key, min(theirs.po_number)
    from ledger.purchase_suggestions as ours
    inner join core.purchase_order_lines as theirs
        on ours.sku = theirs.sku and ours.supplier = theirs.supplier_id and theirs.ordered_date >= ours.opened_on
    where ours.state in ('suggested', 'approved') and theirs.state not in ('draft', 'unknown')
    group by ours.po_key order by ours.po_key
"""
OFFERS = """
    select sku, supplier_id, name, lead_time_days, moq_units, case_pack_units, unit_cost_amount, currency,
        review_days, coalesce(is_preferred, false)
    from core.supplier_items order by sku, supplier_id
"""
LEAD_TIMES = """
    select supplier_id, list(last_received_date - ordered_date order by po_number, sku)
    from core.purchase_order_lines cross join settings.run
    where received_units >= ordered_units and ordered_date >= run.business_date - 365
        and last_received_date >= ordered_date
    group by supplier_id
"""
VALUES = """
    select coalesce(bundles.component_sku, order_lines.sku),
        cast(sum(order_lines.gross_amount / channels.rate) as decimal(18, 2))
    from core.order_lines
    inner join settings.channels using (channel)
    left join core.bundles on order_lines.sku = bundles.bundle_sku
    where order_lines.is_demand
    group by all
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
    shop = night.shop
    stock = {row[0]: row[1:] for row in con.execute(STOCK).fetchall()}
    chosen = _choices(con, shop)
    measured = dict(con.execute(LEAD_TIMES).fetchall())
    on_order, doubts = _on_order(con, night, chosen, measured)
    abc = abc_classes({sku: value or Decimal(0) for sku, value in con.execute(VALUES).fetchall()})
    last_sale, known_since = (dict(con.execute(sql).fetchall()) for sql in (SALES, KNOWN_SINCE))
    bundles = {row[0] for row in con.execute("select bundle_sku from core.bundles").fetchall()}
    inputs = []
    for sku, daily, stocked, *days in con.execute(DEMAND).fetchall():
        if sku in bundles:
            continue  # made of what is bought, never bought itself
        on_hand, available, is_stale = stock.get(sku, (None, None, False))
        choice = chosen.get(sku)
        offer = choice.offer if choice else None
        times = _measured(offer, measured)
        inputs.append(
            ReorderInput(
                sku=sku,
                as_of=night.business_date,
                daily=tuple(daily or ()),
                in_stock=tuple(stocked or ()),
                on_hand=on_hand,
                available=available,
                is_stale=bool(is_stale),
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
                known_to=days[2],
                window_days=shop.reorder.window_days,
                abc=abc.get(sku),
                owner=shop.people["buying"].owner if "buying" in shop.people else None,
                doubts=(
                    *doubts[sku],
                    *(choice.doubts if choice else ()),
                    *_orders_unknown(*days),
                ),
                thresholds=_thresholds(shop),
            )
        )
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


def _orders_unknown(start: date, first: date | None, last: date | None, end: date) -> Iterator[str]:
    """Yield which days of the window, `start` to `end`, are not counted, as no file covers them."""
    if first is None or last is None:
        yield "No orders of the window are known: bring an orders export."
        return
    if before := (first - start).days:
        yield (
            f"Orders are known from {first} on, {before} days of the window before it are not"
            " counted: an export of older orders would show them."
        )
    if after := (end - last).days:
        yield (
            f"The orders of a channel that sells it are known to {last}, {after} days of the window"
            " are not counted: bring a newer orders export."
        )


def _choices(con: duckdb.DuckDBPyConnection, shop: Shop) -> dict[str, Choice]:
    """Return from whom each SKU is bought."""
    offers: dict[str, list[Offer]] = defaultdict(list)
    for sku, *terms in con.execute(OFFERS).fetchall():
        offers[sku].append(Offer(*terms))
    found = {sku: choose(known, shop.currency, shop.fixed_rates) for sku, known in offers.items()}
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

    for sku, po, promised, ordered, units, is_placed, status in con.execute(ON_ORDER).fetchall():
        if not is_placed:
            doubts[sku].append(
                f"{po} over {units} units has the unknown status {status or 'blank'!r}."
            )
            continue
        expected = max((ordered or today) + lead(sku), today + timedelta(days=1))
        receipts[sku].append(Receipt(promised or expected, units))
    for sku, units, ordered_on, _ in con.execute(MARKED).fetchall():
        if ordered_on + lead(sku) + timedelta(days=late) >= today:
            receipts[sku].append(Receipt(ordered_on + lead(sku), units))
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
    known = con.execute(
        "select count(*) from duckdb_tables() where schema_name = 'ops' and table_name = 'reorder_supply'"
    ).fetchall()
    since: dict[str, date] = {}
    if known[0][0]:
        since = dict(con.execute("select sku, crossing_date from ops.reorder_supply").fetchall())
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
    for sku, crossing, ordered_on in con.execute(
        """
        select sku, crossing_date, ordered_on from ledger.purchase_suggestions
        where ended_on is null and crossing_date is not null
            and state in ('suggested', 'pending_approval', 'approved', 'rejected', 'ordered')
        order by sku, crossing_date
        """
    ).fetchall():
        waits = timedelta(days=lead.get(sku, 0) + late)
        if ordered_on is None or ordered_on + waits >= night.business_date:
            found[sku] = crossing
        else:
            found.pop(sku, None)
    return found


def suggest_orders(
    con: duckdb.DuckDBPyConnection, night: Night, ledger: Ledger, plans: Sequence[ReorderPlan]
) -> int:
    """Put what the plan would order into the ledger; return how many lines are new.

    What the supplier's purchase orders show as placed is ordered. An order above the buyer's limit,
    one whose value is unknown, and one that the plan is unsure of wait for a person. A line that is
    no longer needed is withdrawn; an open one suppresses another of the same crossing.
    """
    for po_key, po in con.execute(PLACED).fetchall():
        ledger.order(
            [po_key],
            who="plan_reorders",
            why=f"{po} shows it as placed",
            at=night.moment,
            on=night.business_date,
        )
    supplies = {
        row[0]: row[1:]
        for row in con.execute(
            "select sku, supplier, unit_cost_amount, currency, own_cost, crossing_date, doubts"
            " from ops.reorder_supply"
        ).fetchall()
    }
    wanted = [plan for plan in plans if plan.action in ORDERING and plan.suggested_units > 0]
    # Without supplier, cost or currency there is no line to write: checks.finding_purchases asks.
    complete = [plan for plan in wanted if all(part is not None for part in supplies[plan.sku][:3])]
    totals: dict[str, Decimal | None] = {}
    for plan in complete:
        supplier, _, _, own_cost, _, _ = supplies[plan.sku]
        so_far = totals.get(supplier, Decimal(0))
        known = own_cost is not None and so_far is not None
        totals[supplier] = so_far + plan.suggested_units * own_cost if known else None
    limit = night.shop.approval.purchase_order_limit_amount
    lines = []
    for plan in complete:
        supplier, cost, currency, _, crossing, doubts = supplies[plan.sku]
        total = totals[supplier]
        lines.append(
            SuggestedLine(
                supplier=supplier,
                sku=plan.sku,
                crossing_date=crossing,
                units=plan.suggested_units,
                unit_cost_amount=cost,
                currency=currency,
                due_date=plan.order_by_date or night.business_date + timedelta(days=1),
                needs_approval=(
                    total is None
                    or total > limit
                    or bool(doubts)
                    or plan.confidence is Confidence.LOW
                ),
                reason=plan.reason,
            )
        )
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
