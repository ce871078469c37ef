"""What a reorder plan is made of: what is known of each SKU in each pool that it is in."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import fmean, stdev

import duckdb
import numpy as np

from config.shop import Shop
from tasks.decide import reorder_facts
from tasks.decide.reorder_facts import Pools
from tasks.rules.classes import Abc
from tasks.rules.columns import Columns, Floats, Ints, Objects, objects
from tasks.rules.reorder import arrival, expected_date, without_promise
from tasks.rules.reorder_pools import FBA
from tasks.rules.skus import Receipt, Receipts, Skus, Thresholds
from tasks.rules.supplier import Choices, choose_all
from tasks.run.night import Night

ENOUGH_RECEIPTS = 5  # fewer say less than the supplier's own word


@dataclass(frozen=True)
class Ordered:
    """What is on order, and the pool that it is to be delivered to, None where no export says it."""

    pool: str | None
    receipt: Receipt


@dataclass(frozen=True)
class Orders:
    """What is on order by SKU, what a person must settle before more is, and what is said of its days."""

    coming: dict[str, list[Ordered]]
    doubts: dict[str, list[str]]
    notes: dict[str, list[str]]


@dataclass(frozen=True)
class LeadTimes(Columns):
    """How long an order takes, days: measured from `receipts` where there are enough of them, else stated."""

    days: Floats
    sd: Floats
    receipts: Objects

    def longer(self, days: Ints) -> "LeadTimes":
        """Return them for what is sent on, which takes so many days more."""
        receipts = self.receipts.copy()
        for row in np.flatnonzero(days).tolist():
            receipts[row] = tuple(time + days.item(row) for time in receipts[row])
        return LeadTimes(self.days + days, self.sd, receipts)


def plan_inputs(con: duckdb.DuckDBPyConnection, night: Night, chosen: Choices) -> Skus:
    """Return what is known of each SKU in each pool that it is in, the pool that is bought for first."""
    shop = night.shop
    rules = shop.reorder
    pools = reorder_facts.pools(con)
    daily, in_stock = reorder_facts.days(con, len(pools))
    choices = chosen.of(pools.sku)
    is_sent_on = (pools.pool == FBA) & (pools.pools > 1)
    transfer_days = np.where(is_sent_on, rules.transfer_days, 0)
    leads = _lead_times(con, choices)
    times = leads.longer(transfer_days)
    days = dict(zip(pools.sku.tolist(), leads.days.tolist(), strict=True))
    placed = placed_orders(con, night, days)
    unknown = _orders_unknown(pools)
    levels = {abc: float(level) for abc, level in rules.service_level.items()}
    count = len(pools)
    owner = shop.people.get("buying")
    return Skus(
        sku=pools.sku,
        pool=pools.pool,
        as_of=np.full(count, np.datetime64(night.business_date, "D")),
        daily=daily,
        in_stock=in_stock,
        on_hand=pools.on_hand,
        available=pools.available,
        on_order=_receipts(night, pools, placed.coming),
        backorders=np.zeros(count, dtype=np.int64),
        committed=np.zeros(count, dtype=np.int64),
        lead_time_days=times.days,
        lead_time_sd=times.sd,
        lead_times=times.receipts,
        transfer_days=transfer_days,
        review_days=_whole(choices.offer.review_days, rules.review_days),
        cover_days=np.full(count, rules.cover_days),
        service_level=np.array([levels[abc or Abc.C] for abc in pools.abc], dtype=np.float64),
        moq=_whole(choices.offer.moq, 0),
        case_pack=_whole(choices.offer.case_pack, 1),
        unit_cost=choices.offer.unit_cost,
        last_sale=pools.last_sale,
        known_since=pools.known_since,
        known_to=pools.known_to,
        window_days=np.full(count, rules.window_days),
        peer_rate=np.full(count, np.nan),
        peer=objects([""] * count),
        is_peer_named=np.zeros(count, dtype=bool),
        season_factor=np.ones(count),
        stated_rate=np.full(count, np.nan),
        stated_point=np.full(count, np.nan),
        override_reason=objects([None] * count),
        override_until=np.full(count, np.datetime64("NaT", "D")),
        is_stale=pools.is_stale,
        doubts=objects(
            (*placed.doubts.get(sku, ()), *those, *dated)
            for sku, those, dated in zip(
                pools.sku.tolist(), choices.doubts.tolist(), unknown, strict=True
            )
        ),
        abc=pools.abc,
        emergency_units=_emergency_units(shop, pools),
        hint=objects(
            " ".join(filter(None, [hint, *placed.notes.get(sku, ())]))
            for sku, hint in zip(pools.sku.tolist(), choices.hint.tolist(), strict=True)
        ),
        owner=owner.owner if owner else None,
        thresholds=_thresholds(shop),
    )


def _whole(values: Floats, otherwise: int) -> Ints:
    """Return whole numbers; what is not stated, or 0, as `otherwise`."""
    stated = np.nan_to_num(values).astype(np.int64)
    return np.where(stated == 0, otherwise, stated)


def _receipts(night: Night, pools: Pools, orders: Mapping[str, Sequence[Ordered]]) -> Receipts:
    """Return what is on its way to each SKU in each of its pools."""
    has_order = np.array([sku in orders for sku in pools.sku.tolist()], dtype=bool)
    used: dict[str, list[str]] = defaultdict(list)
    for sku, pool in zip(pools.sku[has_order], pools.pool[has_order], strict=True):
        used[sku].append(pool)
    found: list[Sequence[Receipt]] = [()] * len(pools)
    for row in np.flatnonzero(has_order | (pools.incoming > 0)).tolist():
        sku, pool = pools.sku[row], pools.pool[row]
        incoming = int(pools.incoming[row])
        found[row] = coming(night, pool, used.get(sku, ()), orders.get(sku, ()), incoming)
    return Receipts.of(found, night.business_date)


def coming(
    night: Night, pool: str, used: Sequence[str], orders: Sequence[Ordered], incoming: int
) -> Sequence[Receipt]:
    """Return what is on its way to one of the pools that a SKU is in, `used`.

    An order that does not say where it goes comes to the first. What Amazon says is `incoming`
    counts beyond the orders that go there themselves, and is expected when a transfer usually comes.
    """
    ours = [
        order.receipt
        for order in orders
        if order.pool == pool or (pool == used[0] and order.pool not in used)
    ]
    if pool != FBA:
        return ours
    rules, today = night.shop.reorder, night.business_date
    oldest = today - timedelta(days=rules.late_receipt_days)
    more = incoming - sum(
        receipt.units for receipt in ours if (receipt.due_date or today) >= oldest
    )
    due = today + timedelta(days=rules.transfer_days)
    return [*ours, Receipt(due, more)] if more > 0 else ours


def _orders_unknown(pools: Pools) -> list[tuple[str, ...]]:
    """Return for each row which days of the window are not counted, as no file covers them."""
    found: list[tuple[str, ...]] = [()] * len(pools)
    before = (pools.known_from - pools.window_start).astype(np.int64)
    after = (pools.window_end - pools.known_to).astype(np.int64)
    is_unknown = np.isnat(pools.known_from)
    for row in np.flatnonzero(is_unknown | (before > 0) | (after > 0)).tolist():
        if is_unknown[row]:
            found[row] = ("No orders of the window are known: bring an orders export.",)
            continue
        if before[row] > 0:
            found[row] += (
                f"Orders are known from {pools.known_from[row]} on, {before[row]} days of the window"
                " before it are not counted: an export of older orders would show them.",
            )
        if after[row] > 0:
            found[row] += (
                f"The orders of a channel that sells it are known to {pools.known_to[row]},"
                f" {after[row]} days of the window are not counted: bring a newer orders export.",
            )
    return found


def choices(con: duckdb.DuckDBPyConnection, shop: Shop) -> Choices:
    """Return from whom each SKU is bought."""
    return choose_all(
        reorder_facts.offers(con),
        shop.currency,
        shop.fixed_rates,
        reorder_facts.late_suppliers(con),
        reorder_facts.last_prices(con),
        shop.approval.price_change_percent,
    )


def _lead_times(con: duckdb.DuckDBPyConnection, choices: Choices) -> LeadTimes:
    """Return the lead time of each choice: of its supplier's receipts, where they are enough, else stated."""
    found = LeadTimes(
        choices.offer.lead_time_days.copy(),
        np.zeros(len(choices)),
        objects([()] * len(choices)),
    )
    for supplier, times in reorder_facts.lead_times(con).items():
        if len(times) >= ENOUGH_RECEIPTS:
            rows = np.flatnonzero(choices.offer.supplier == supplier)
            found.days[rows], found.sd[rows] = fmean(times), stdev(times)
            found.receipts[rows] = objects([tuple(times)] * len(rows))
    return found


def placed_orders(
    con: duckdb.DuckDBPyConnection, night: Night, lead_days: Mapping[str, float]
) -> Orders:
    """Return what is on order of each SKU.

    Without a promised date it is expected a lead time after it was ordered, tomorrow at the
    earliest; nobody knows when where its day or the lead time is not known. What came after the count
    counts until a count has it; what came on its day may be in it, so a person must look before more
    is ordered. What a person marked as ordered counts until the purchase orders show it, or until it
    is as late as any receipt may be.
    """
    today, late = night.business_date, night.shop.reorder.late_receipt_days
    found = Orders(defaultdict(list), defaultdict(list), defaultdict(list))

    def lead(sku: str) -> float | None:
        days = lead_days.get(sku, math.nan)
        return None if math.isnan(days) else days

    for line in reorder_facts.on_order(con):
        if not line.is_placed:
            found.doubts[line.sku].append(
                f"{line.po_number} over {line.units} units has the unknown status"
                f" {line.status or 'blank'!r}."
            )
            continue
        days = lead(line.sku)
        due = expected_date(line.promised_date, line.ordered_date, days, today)
        found.coming[line.sku].append(Ordered(line.pool, Receipt(due, line.units)))
        if line.promised_date is None:
            found.notes[line.sku].append(
                without_promise(line.po_number, line.units, line.ordered_date, due, days)
            )
    for those in reorder_facts.came(con):
        if those.is_same_day:
            found.doubts[those.sku].append(
                f"{those.units} units of {those.po_number} came on {those.received_date}, the day of the"
                " newest count: whether it has them is not known."
            )
        else:
            receipt = Receipt(those.received_date, those.units)
            found.coming[those.sku].append(Ordered(those.pool, receipt))
    for ours in reorder_facts.marked(con):
        expected = arrival(ours.ordered_on, lead(ours.sku))
        if (expected or ours.ordered_on) + timedelta(days=late) >= today:
            found.coming[ours.sku].append(Ordered(None, Receipt(expected, ours.units)))
    return found


def _emergency_units(shop: Shop, pools: Pools) -> Ints:
    """Return the units under which the stock of a SKU is an emergency: its own, else its class's.

    They are kept in the pool that is bought for.
    """
    by_sku, by_class = shop.reorder.emergency_sku_units, shop.reorder.emergency_units
    units = [
        by_sku.get(sku, by_class.get(abc or Abc.C.value, 0))
        for sku, abc in zip(pools.sku.tolist(), pools.abc.tolist(), strict=True)
    ]
    return np.where(pools.is_first, np.array(units, dtype=np.int64), 0)


def _thresholds(shop: Shop) -> Thresholds:
    rules = shop.reorder
    return Thresholds(
        safety_days=rules.safety_days,
        min_in_stock_days=rules.min_in_stock_days,
        overstock_days=rules.overstock_days,
        dead_days=rules.dead_days,
        late_receipt_days=rules.late_receipt_days,
    )
