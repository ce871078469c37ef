"""The reorder plan of every SKU in every pool that it is in."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import fmean, stdev

import duckdb

from config.shop import Shop
from tasks.decide import purchases, reorder_facts
from tasks.decide.purchases import Supply
from tasks.decide.reorder_facts import Demand, Position
from tasks.rules.capacity import within_capacity
from tasks.rules.classes import Abc
from tasks.rules.rate import with_peers, with_seasons
from tasks.rules.reorder import Receipt, arrival, expected_date
from tasks.rules.reorder_action import ReorderInput, Thresholds
from tasks.rules.reorder_plan import ReorderPlan, capped_days
from tasks.rules.reorder_pools import FBA, POOLS, Transfer, plan_pools
from tasks.rules.supplier import Choice, Offer, choose
from tasks.run.night import Night
from tasks.warehouse.tables import write_rows

ENOUGH_RECEIPTS = 5  # fewer say less than the supplier's own word


@dataclass(frozen=True)
class Ordered:
    """What is on order, and the pool that it is to be delivered to, None where no export says it."""

    pool: str | None
    receipt: Receipt


@dataclass(frozen=True)
class Capped:
    """A day whose units were no guide to the next: what was ordered, and what the plan counts."""

    sku: str
    pool: str
    business_date: date
    units: int
    capped_units: int


def decide_reorders(con: duckdb.DuckDBPyConnection, night: Night) -> list[ReorderPlan]:
    """Return the plans, kept as ops.reorder_plan, reorder_supply, capped_days and transfers."""
    shop = night.shop
    chosen = choices(con, shop)
    known = [pool for pools in plan_inputs(con, night, chosen).values() for pool in pools]
    peers = with_peers(known, shop.reorder.siblings)
    inputs: dict[str, list[ReorderInput]] = defaultdict(list)
    for pool in with_seasons(peers, reorder_facts.months(con)):
        inputs[pool.sku].append(pool)
    found = [plan_pools(pools) for pools in inputs.values()]
    moves, plans = within_capacity(
        (move for each in found for move in each.transfers),
        [plan for each in found for plan in each.plans],
        {sku: pools[0] for sku, pools in inputs.items()},
        reorder_facts.room(con, shop.reorder),
    )
    capped = [
        Capped(pool.sku, pool.pool, day, spike.units, spike.counted)
        for pools in inputs.values()
        for pool in pools
        for day, spike in capped_days(pool)
    ]
    supplies = purchases.supplies(con, night, plans, inputs, chosen)
    write_rows(con, "ops.reorder_plan", ReorderPlan, plans)
    write_rows(con, "ops.reorder_supply", Supply, supplies)
    write_rows(con, "ops.capped_days", Capped, capped)
    write_rows(con, "ops.transfers", Transfer, moves)
    return plans


def plan_inputs(
    con: duckdb.DuckDBPyConnection, night: Night, chosen: Mapping[str, Choice]
) -> dict[str, list[ReorderInput]]:
    """Return what is known of each SKU in each pool that it is in, the pool that is bought for first."""
    shop = night.shop
    positions, bundles = reorder_facts.positions(con), reorder_facts.bundles(con)
    measured = reorder_facts.lead_times(con)
    on_order, doubts = _on_order(con, night, chosen, measured)
    abc = reorder_facts.classes(con)
    last_sale, known_since = reorder_facts.last_sales(con), reorder_facts.known_since(con)
    by_sku: dict[str, list[Demand]] = defaultdict(list)
    for wanted in reorder_facts.demand(con):
        if wanted.sku not in bundles:  # made of what is bought, never bought itself
            by_sku[wanted.sku].append(wanted)
    inputs: dict[str, list[ReorderInput]] = {}
    for sku, all_pools in by_sku.items():
        choice = chosen.get(sku)
        offer = choice.offer if choice else None
        times = _measured(offer, measured)
        lead = _lead_time(offer, times)
        used = _used(all_pools, positions)
        names = [wanted.pool for wanted in used]
        for wanted in used:
            position = positions.get((sku, wanted.pool))
            is_sent_on = wanted.pool == FBA and len(used) > 1
            via = shop.reorder.transfer_days if is_sent_on else 0
            incoming = position.incoming if position else 0
            inputs.setdefault(sku, []).append(
                ReorderInput(
                    sku=sku,
                    pool=wanted.pool,
                    as_of=night.business_date,
                    daily=tuple(wanted.units or ()),
                    in_stock=tuple(wanted.in_stock or ()),
                    on_hand=position.on_hand if position else None,
                    available=position.available if position else None,
                    is_stale=bool(position and position.is_stale),
                    on_order=_coming(night, wanted.pool, names, on_order[sku], incoming),
                    lead_time_days=None if lead is None else lead + via,
                    lead_time_sd=stdev(times) if len(times) > 1 else 0.0,
                    lead_times=tuple(days + via for days in times),
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
                    emergency_units=_emergency(shop, sku, abc.get(sku)) if wanted is used[0] else 0,
                    hint=choice.hint if choice else "",
                    doubts=(
                        *doubts[sku],
                        *(choice.doubts if choice else ()),
                        *_orders_unknown(wanted),
                    ),
                    thresholds=_thresholds(shop),
                )
            )
    return inputs


def _used(pools: Sequence[Demand], positions: Mapping[tuple[str, str], Position]) -> list[Demand]:
    """Return the pools that a SKU sells from or is in, one at least; the first is bought for.

    Without any sale or stock it is in the first that lists it.
    """
    ordered = sorted(pools, key=lambda wanted: POOLS.index(wanted.pool))
    used = [
        wanted
        for wanted in ordered
        if any(wanted.units or ())
        or ((found := positions.get((wanted.sku, wanted.pool))) and found.is_used)
    ]
    return used or ordered[:1]


def _coming(
    night: Night, pool: str, used: Sequence[str], orders: Sequence[Ordered], incoming: int
) -> tuple[Receipt, ...]:
    """Return what is on its way to one of the pools that a SKU is in.

    An order that does not say where it goes comes to the first. What Amazon says is `incoming`
    counts beyond the orders that go there themselves, and is expected when a transfer usually comes.
    """
    is_first = pool == used[0]
    ours = [
        order.receipt
        for order in orders
        if order.pool == pool or (is_first and order.pool not in used)
    ]
    if pool != FBA:
        return tuple(ours)
    oldest = night.business_date - timedelta(days=night.shop.reorder.late_receipt_days)
    ordered = sum(receipt.units for receipt in ours if receipt.due_date >= oldest)
    due = night.business_date + timedelta(days=night.shop.reorder.transfer_days)
    sent = [Receipt(due, incoming - ordered)] if incoming > ordered else []
    return (*ours, *sent)


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
    late, prices = reorder_facts.late_suppliers(con), reorder_facts.last_prices(con)
    found = {
        sku: choose(
            known, shop.currency, shop.fixed_rates, late, prices.get(sku, {}),
            shop.approval.price_change_percent,
        )
        for sku, known in reorder_facts.offers(con).items()
    }  # fmt: skip
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
) -> tuple[dict[str, list[Ordered]], dict[str, list[str]]]:
    """Return what is on order of each SKU, and what a person must settle first.

    Without a promised date it is expected a lead time after it was ordered, tomorrow at the
    earliest. What a person marked as ordered counts until the purchase orders show it, or until it
    is as late as any receipt may be.
    """
    today, late = night.business_date, night.shop.reorder.late_receipt_days
    found: dict[str, list[Ordered]] = defaultdict(list)
    doubts: dict[str, list[str]] = defaultdict(list)

    def lead(sku: str) -> float | None:
        offer = chosen[sku].offer if sku in chosen else None
        return _lead_time(offer, _measured(offer, measured))

    for line in reorder_facts.on_order(con):
        if not line.is_placed:
            doubts[line.sku].append(
                f"{line.po_number} over {line.units} units has the unknown status"
                f" {line.status or 'blank'!r}."
            )
            continue
        due = expected_date(line.promised_date, line.ordered_date, lead(line.sku), today)
        found[line.sku].append(Ordered(line.pool, Receipt(due, line.units)))
    for ours in reorder_facts.marked(con):
        expected = arrival(ours.ordered_on, lead(ours.sku))
        if expected + timedelta(days=late) >= today:
            found[ours.sku].append(Ordered(None, Receipt(expected, ours.units)))
    return found, doubts


def _emergency(shop: Shop, sku: str, abc: Abc | None) -> int:
    """Return the units under which the stock of a SKU is an emergency: its own, else its class's."""
    rules = shop.reorder
    return rules.emergency_sku_units.get(sku, rules.emergency_units.get((abc or Abc.C).value, 0))


def _thresholds(shop: Shop) -> Thresholds:
    rules = shop.reorder
    return Thresholds(
        safety_days=rules.safety_days,
        min_in_stock_days=rules.min_in_stock_days,
        overstock_days=rules.overstock_days,
        dead_days=rules.dead_days,
        late_receipt_days=rules.late_receipt_days,
    )
