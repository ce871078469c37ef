"""The plans of a SKU's pools together: what one pool can spare goes to another before it is bought.

Each pool is planned on its own demand and stock, so that neither units nor money count twice. What
a pool lacks comes first from the shelf of another, then from what is on order beyond the other's own
needs, and the rest is bought: one quantity per SKU, whose MOQ and case packs count once.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

import numpy as np

from tasks.rules.columns import objects
from tasks.rules.demand import Spikes
from tasks.rules.reorder import order_quantity
from tasks.rules.reorder_action import Action
from tasks.rules.reorder_plan import Confidence, ReorderPlan, amounts, plan_reorders, with_notes
from tasks.rules.skus import Skus

FBA = "fba"
POOLS = ("merchant", "3pl", FBA)  # the first that a SKU is in receives what is bought


class TransferState(StrEnum):
    """Whether Amazon's limits allow it."""

    SUGGESTED = "suggested"
    LIMITED = "limited"
    NO_CAPACITY = "no_capacity"


class TransferKind(StrEnum):
    """How units leave a pool: out of ours, or out of Amazon's by a removal order."""

    TRANSFER = "transfer"
    REMOVAL = "removal"


@dataclass(frozen=True)
class Transfer:
    """Units of one SKU that one pool could give to another, and what the other lacks without them.

    `stockout_date` is when the other is out; `volume_cubic_feet` is None where no report says it;
    `beyond_limit_units` are left out as Amazon does not take them.
    """

    sku: str
    kind: TransferKind
    from_pool: str
    to_pool: str
    units: int
    needed_units: int
    reason: str
    owner: str | None = None
    stockout_date: date | None = None
    volume_cubic_feet: Decimal | None = None
    state: TransferState = TransferState.SUGGESTED
    beyond_limit_units: int = 0


@dataclass(frozen=True)
class PoolPlans:
    """A plan per SKU and pool, what goes from one pool to another, and the days that were capped."""

    plans: ReorderPlan
    transfers: tuple[Transfer, ...]
    spikes: Spikes


@dataclass
class _Spare:
    """What a pool can give: units on its shelf, and units that come beyond its own needs."""

    shelf: int
    coming: int


@dataclass(frozen=True)
class _Alone:
    """A pool of a SKU as it would be planned without the others, and its row."""

    row: int
    sku: str
    pool: str
    owner: str | None
    need: int
    seed_units: int
    stockout_date: date | None
    is_confident: bool
    action: Action
    rate: float
    reorder_point: float
    position: float
    available: float
    is_stale: bool


def plan_pools(skus: Skus) -> PoolPlans:
    """Return the plans of all SKUs; one that is in a single pool is planned as ever."""
    by_sku: dict[str, list[int]] = defaultdict(list)
    for row, sku in enumerate(skus.sku.tolist()):
        by_sku[sku].append(row)
    shared = [rows for rows in by_sku.values() if len(rows) > 1]
    if not shared:
        plans, spikes = plan_reorders(skus)
        return PoolPlans(plans, (), spikes)
    is_shared = np.zeros(len(skus), dtype=bool)
    is_shared[[row for rows in shared for row in rows]] = True
    moq, case_pack = np.where(is_shared, 0, skus.moq), np.where(is_shared, 1, skus.case_pack)
    plans, spikes = plan_reorders(replace(skus, moq=moq, case_pack=case_pack))
    units, seeds = plans.suggested_units.copy(), plans.suggested_units_seed90.copy()
    need, moved = np.where(plans.is_ordered, units, 0), plans.transfer_units.copy()
    transfers: list[Transfer] = []
    for rows in shared:
        pools = sorted((_alone(skus, plans, row) for row in rows), key=_place)
        terms = int(skus.moq[pools[0].row]), int(skus.case_pack[pools[0].row])
        moves, missing = _given(pools)
        transfers += [*moves, *_removals(pools, missing, skus.thresholds.overstock_days)]
        bought = in_cases(missing, *terms)
        seeded = in_cases({pool.pool: pool.seed_units for pool in pools}, *terms)
        for pool in pools:
            units[pool.row] = bought[pool.pool]
            moved[pool.row] = sum(move.units for move in moves if move.to_pool == pool.pool)
            if not np.isnan(seeds[pool.row]):
                seeds[pool.row] = seeded[pool.pool]
    coming = np.where(is_shared, np.maximum(need - moved - units, 0), 0)
    notes = [
        objects(f"{some} of {all_} units can come from another pool, before any is bought." if some else ""
                for some, all_ in zip(moved.tolist(), need.tolist(), strict=True)),
        objects(f"{some} units are on order at another pool beyond its own needs." if some else ""
                for some in coming.tolist()),
    ]  # fmt: skip
    plans = replace(
        plans,
        suggested_units=units,
        suggested_units_seed90=seeds,
        suggested_amount=amounts(units, skus.unit_cost),
        transfer_units=moved,
        is_covered=is_shared & (need > 0) & (units == 0),
        reason=with_notes(plans.reason, notes),
    )
    return PoolPlans(plans, tuple(transfers), spikes)


def _alone(skus: Skus, plans: ReorderPlan, row: int) -> _Alone:
    units, seed_units = int(plans.suggested_units[row]), plans.suggested_units_seed90[row]
    return _Alone(
        row=row,
        sku=plans.sku[row],
        pool=plans.pool[row],
        owner=plans.owner[row],
        need=units if plans.action[row] in (Action.REORDER, Action.ESCALATE) else 0,
        seed_units=0 if np.isnan(seed_units) else int(seed_units),
        stockout_date=plans.stockout_date[row].item(),
        is_confident=plans.confidence[row] != Confidence.LOW,
        action=plans.action[row],
        rate=float(plans.demand_rate[row]),
        reorder_point=float(plans.reorder_point[row]),
        position=float(plans.position[row]),
        available=float(skus.available[row]),
        is_stale=bool(skus.is_stale[row]),
    )


def _place(pool: _Alone) -> int:
    return POOLS.index(pool.pool)


def _given(pools: Sequence[_Alone]) -> tuple[list[Transfer], dict[str, int]]:
    """Return what goes from one pool to another, and what each still lacks, the pools in order."""
    gives = {pool.pool: spare(pool) for pool in pools if pool.pool != FBA}
    missing = {pool.pool: pool.need for pool in pools}
    transfers = []
    for pool in sorted(pools, key=urgency):
        name = pool.pool
        for giver in (giver for giver in gives if giver != name):
            if units := min(missing[name], gives[giver].shelf):
                gives[giver].shelf -= units
                missing[name] -= units
                transfers.append(_transfer(pool, giver, units))
        for giver in (giver for giver in gives if giver != name):
            units = min(missing[name], gives[giver].coming)
            gives[giver].coming -= units
            missing[name] -= units
    return transfers, missing


def urgency(pool: _Alone) -> tuple[bool, object, int]:
    """Return what sorts the pool that is out of stock first to the front."""
    out_on = pool.stockout_date
    return (out_on is None, out_on or pool.sku, _place(pool))


def spare(pool: _Alone) -> _Spare:
    """Return what a pool can give and stay above its own reorder point.

    A pool that is known to sell nothing can give all it has; one whose reorder point is unknown, or
    whose count is older than its limit, gives nothing.
    """
    point = 0.0 if pool.rate == 0 else pool.reorder_point
    if math.isnan(point + pool.position + pool.available) or pool.is_stale:
        return _Spare(0, 0)
    shelf = max(math.floor(pool.available - point), 0)
    total = max(math.floor(pool.position - point), 0)
    return _Spare(shelf, max(total - shelf, 0))


def in_cases(missing: Mapping[str, int], moq: int, case_pack: int) -> dict[str, int]:
    """Return what is bought for each pool: together at least the MOQ, in full case packs.

    What that adds goes to the pool that lacks most, the first of equals.
    """
    lacks = sum(missing.values())
    added = int(order_quantity(lacks, 0, moq, case_pack)) - lacks
    largest = max(missing, key=lambda name: (missing[name], -POOLS.index(name)))
    return {name: units + added * (name == largest) for name, units in missing.items()}


def _transfer(pool: _Alone, giver: str, units: int) -> Transfer:
    out = f", which is out on {pool.stockout_date}" if pool.stockout_date else ""
    why = f"{pool.pool}{out}, needs {pool.need} units; {giver} can spare {units}."
    return Transfer(
        pool.sku, TransferKind.TRANSFER, giver, pool.pool, units, pool.need, why, pool.owner,
        pool.stockout_date,
    )  # fmt: skip


def _removals(
    pools: Sequence[_Alone], missing: Mapping[str, int], overstock_days: int
) -> list[Transfer]:
    """Return what a removal order could bring back instead of a purchase: the excess of Amazon.

    The purchase stays suggested: a removal takes weeks and costs a fee, so a person chooses.
    """
    amazon = pools[-1]
    if amazon.pool != FBA or math.isnan(amazon.available) or amazon.is_stale:
        return []
    if not (amazon.rate == 0 or (amazon.rate > 0 and amazon.action is Action.OVERSTOCK)):
        return []
    if not amazon.is_confident:
        return []
    excess = max(math.floor(amazon.available - amazon.rate * overstock_days), 0)
    found = []
    for pool in pools[:-1]:
        if units := min(missing[pool.pool], excess):
            excess -= units
            why = (
                f"{pool.pool} is to buy {missing[pool.pool]} units, and fba holds more than"
                f" {overstock_days} days of its own demand: a removal of {units} could replace as"
                " many, if its fee is less."
            )
            found.append(
                Transfer(
                    pool.sku, TransferKind.REMOVAL, FBA, pool.pool, units, missing[pool.pool], why,
                    pool.owner, pool.stockout_date,
                )
            )  # fmt: skip
    return found
