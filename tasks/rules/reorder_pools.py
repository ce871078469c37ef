"""The plans of a SKU's pools together: what one pool can spare goes to another before it is bought.

Each pool is planned on its own demand and stock, so that neither units nor money count twice. What
a pool lacks comes first from the shelf of another, then from what is on order beyond the other's own
needs, and the rest is bought: one quantity per SKU, whose MOQ and case packs count once.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tasks.rules.reorder import order_quantity
from tasks.rules.reorder_action import Action, ReorderInput
from tasks.rules.reorder_plan import ORDERING, Confidence, ReorderPlan, plan_reorder

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
class SkuPlan:
    """A plan per pool of one SKU, and what goes from one to another."""

    plans: tuple[ReorderPlan, ...]
    transfers: tuple[Transfer, ...] = ()


@dataclass
class _Spare:
    """What a pool can give: units on its shelf, and units that come beyond its own needs."""

    shelf: int
    coming: int


def plan_pools(pools: Sequence[ReorderInput]) -> SkuPlan:
    """Return the plans of one SKU's pools; a SKU in one pool is planned as ever."""
    if len(pools) == 1:
        return SkuPlan((plan_reorder(pools[0]),))
    by_pool = sorted(pools, key=lambda pool: POOLS.index(pool.pool))
    alone = {pool.pool: plan_reorder(replace(pool, moq=0, case_pack=1)) for pool in by_pool}
    inputs = {pool.pool: pool for pool in by_pool}
    gives = {name: spare(inputs[name], alone[name]) for name in alone if name != FBA}
    transfers: list[Transfer] = []
    missing: dict[str, int] = {}
    for name, plan in sorted(alone.items(), key=lambda item: urgency(item[1])):
        need = plan.suggested_units if plan.action in ORDERING else 0
        missing[name] = need
        for giver in (giver for giver in gives if giver != name):
            if units := min(missing[name], gives[giver].shelf):
                gives[giver].shelf -= units
                missing[name] -= units
                transfers.append(_transfer(plan, giver, units, need))
        for giver in (giver for giver in gives if giver != name):
            units = min(missing[name], gives[giver].coming)
            gives[giver].coming -= units
            missing[name] -= units
    bought = in_cases(missing, by_pool[0])
    seeds = in_cases(
        {name: plan.suggested_units_seed90 or 0 for name, plan in alone.items()}, by_pool[0]
    )
    moved = {name: sum(move.units for move in transfers if move.to_pool == name) for name in alone}
    plans = tuple(
        _bought(inputs[name], plan, bought[name], seeds[name], moved[name])
        for name, plan in alone.items()
    )
    return SkuPlan(plans, (*transfers, *_removals(inputs, alone, missing)))


def urgency(plan: ReorderPlan) -> tuple[bool, object, int]:
    """Return what sorts the pool that is out of stock first to the front."""
    out_on = plan.stockout_date
    return (out_on is None, out_on or plan.sku, POOLS.index(plan.pool))


def spare(pool: ReorderInput, plan: ReorderPlan) -> _Spare:
    """Return what a pool can give and stay above its own reorder point.

    A pool that is known to sell nothing can give all it has; one whose reorder point is unknown, or
    whose count is older than its limit, gives nothing.
    """
    point = 0.0 if plan.demand_rate == 0 else plan.reorder_point
    if point is None or plan.position is None or pool.available is None or pool.is_stale:
        return _Spare(0, 0)
    shelf = max(math.floor(pool.available - float(point)), 0)
    total = max(math.floor(plan.position - float(point)), 0)
    return _Spare(shelf, max(total - shelf, 0))


def in_cases(missing: dict[str, int], terms: ReorderInput) -> dict[str, int]:
    """Return what is bought for each pool: together at least the MOQ, in full case packs.

    What that adds goes to the pool that lacks most, the first of equals.
    """
    total = order_quantity(sum(missing.values()), 0, terms.moq, terms.case_pack)
    largest = max(missing, key=lambda name: (missing[name], -POOLS.index(name)))
    return {
        name: units + (total - sum(missing.values())) * (name == largest)
        for name, units in missing.items()
    }


def _transfer(plan: ReorderPlan, giver: str, units: int, need: int) -> Transfer:
    out = f", which is out on {plan.stockout_date}" if plan.stockout_date else ""
    why = f"{plan.pool}{out}, needs {need} units; {giver} can spare {units}."
    return Transfer(
        plan.sku, TransferKind.TRANSFER, giver, plan.pool, units, need, why, plan.owner,
        plan.stockout_date,
    )  # fmt: skip


def _bought(
    pool: ReorderInput, alone: ReorderPlan, units: int, seed_units: int, moved: int
) -> ReorderPlan:
    """Return the plan of a pool with what is bought for it, after what it gets from the others."""
    need = alone.suggested_units if alone.action in ORDERING else 0
    coming = max(need - moved - units, 0)
    notes = [alone.reason]
    if moved:
        notes.append(f"{moved} of {need} units can come from another pool, before any is bought.")
    if coming:
        notes.append(f"{coming} units are on order at another pool beyond its own needs.")
    return replace(
        alone,
        suggested_units=units,
        suggested_units_seed90=None if alone.suggested_units_seed90 is None else seed_units,
        suggested_amount=None if pool.unit_cost is None else units * pool.unit_cost,
        transfer_units=moved,
        is_covered=need > 0 and units == 0,
        reason=" ".join(notes),
    )


def _removals(
    inputs: dict[str, ReorderInput], alone: dict[str, ReorderPlan], missing: dict[str, int]
) -> tuple[Transfer, ...]:
    """Return what a removal order could bring back instead of a purchase: the excess of Amazon.

    The purchase stays suggested: a removal takes weeks and costs a fee, so a person chooses.
    """
    amazon = inputs.get(FBA)
    if amazon is None or amazon.available is None or amazon.is_stale:
        return ()
    rate = alone[FBA].demand_rate
    if rate is None or not (rate == 0 or alone[FBA].action is Action.OVERSTOCK):
        return ()
    if alone[FBA].confidence is Confidence.LOW:
        return ()
    days = amazon.thresholds.overstock_days
    excess = max(math.floor(amazon.available - float(rate) * days), 0)
    found = []
    for name in alone:
        if name != FBA and (units := min(missing[name], excess)):
            excess -= units
            why = (
                f"{name} is to buy {missing[name]} units, and fba holds more than {days} days of"
                f" its own demand: a removal of {units} could replace as many, if its fee is less."
            )
            found.append(
                Transfer(
                    amazon.sku, TransferKind.REMOVAL, FBA, name, units, missing[name], why,
                    amazon.owner, alone[name].stockout_date,
                )
            )  # fmt: skip
    return tuple(found)
