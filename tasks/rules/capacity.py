"""How much of what could go to Amazon, or come back, its limits take: space, restock quantity, excess."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

import numpy as np

from tasks.rules.reorder_plan import ReorderPlan, amounts
from tasks.rules.reorder_pools import FBA, Transfer, TransferKind, TransferState
from tasks.rules.skus import Skus


@dataclass(frozen=True)
class Room:
    """What Amazon takes: cubic feet that a unit of each SKU fills and that are free, units by SKU.

    `free` is None where the shop states no capacity. `restock` are the units that Amazon's restock
    report would be sent; they limit where `is_restock_limit`. `excess` are those that it counts as
    too many. What no report states is not there and limits nothing.
    """

    unit_cubic_feet: Mapping[str, Decimal]
    free: Decimal | None
    restock: Mapping[str, int] = field(default_factory=dict)
    excess: Mapping[str, int] = field(default_factory=dict)
    is_restock_limit: bool = True


@dataclass
class _Left:
    """What is left of the room while units are given out, the SKU that is out first before the others."""

    room: Room
    free: Decimal | None
    sent: dict[str, int]

    def take(self, sku: str, wanted: int) -> tuple[int, list[str]]:
        """Return the units that may go, and a sentence on each limit."""
        each, theirs = self.room.unit_cubic_feet.get(sku), self.room.restock.get(sku)
        units, notes = wanted, []
        if self.free is None:
            notes.append("No capacity of Amazon is stated, so none limits it.")
        elif each is None:
            notes.append("No report states its volume, so capacity does not limit it.")
        elif (fits := max(math.floor(self.free / each), 0)) < wanted:
            units = fits
            notes.append(f"Amazon's capacity takes {fits} of {wanted} at {each:.3f} cubic feet.")
        if theirs is not None and self.room.is_restock_limit:
            allowed = max(theirs - self.sent.get(sku, 0), 0)
            if allowed < units:
                notes.append(f"Amazon's restock report takes {allowed} of {wanted}.")
            units = min(units, allowed)
        elif theirs is not None:
            notes.append(f"Amazon itself would be sent {theirs}.")
        self.sent[sku] = self.sent.get(sku, 0) + units
        if self.free is not None and each is not None:
            self.free -= units * each
        return units, notes


def within_capacity(
    transfers: Iterable[Transfer], plans: ReorderPlan, skus: Skus, room: Room
) -> tuple[list[Transfer], ReorderPlan]:
    """Return transfers and plans cut to what Amazon takes, and the transfers with their volume.

    What is on the own shelf goes before what is bought; of each the SKU that is out first. A
    purchase for Amazon is cut by full case packs and not below the MOQ: where it is for Amazon alone
    and falls below, nothing is bought.
    """
    left = _Left(room, room.free, {})
    moves = [_moved(move, left) for move in sorted(transfers, key=_first_out)]
    bought = plans.suggested_units
    going = np.flatnonzero((plans.pool == FBA) & (bought > 0))
    totals: dict[str, int] = {}
    for sku, units in zip(plans.sku.tolist(), bought.tolist(), strict=True):
        totals[sku] = totals.get(sku, 0) + units
    beyond, reasons = plans.beyond_limit_units.copy(), plans.reason.copy()
    for row in going[
        np.lexsort((plans.sku[going].astype(str), plans.stockout_date[going]))
    ].tolist():
        sku, wanted = plans.sku[row], int(bought[row])
        fits, notes = left.take(sku, wanted)
        terms = int(skus.moq[row]), int(skus.case_pack[row])
        if cut := _cut(wanted, fits, totals[sku], *terms):
            beyond[row] = cut
            reasons[row] = " ".join([reasons[row], *notes])
    if not beyond.any():
        return moves, plans
    units = bought - beyond
    return moves, replace(
        plans,
        suggested_units=units,
        suggested_amount=amounts(units, skus.unit_cost),
        beyond_limit_units=beyond,
        reason=reasons,
    )


def _first_out(move: Transfer) -> tuple[date, str, str]:
    return move.stockout_date or date.max, move.sku, move.to_pool


def _moved(move: Transfer, left: _Left) -> Transfer:
    """Return a transfer with the units that Amazon takes, or a removal with those it has too many."""
    each = left.room.unit_cubic_feet.get(move.sku)
    units, notes = move.units, list[str]()
    if move.to_pool == FBA:
        units, notes = left.take(move.sku, move.units)
    elif move.kind is TransferKind.REMOVAL and move.sku in left.room.excess:
        units = min(units, left.room.excess[move.sku])
        if units < move.units:
            notes = [f"Amazon counts {units} of {move.units} as excess."]
    state = TransferState.SUGGESTED
    if units < move.units:
        state = TransferState.LIMITED if units else TransferState.NO_CAPACITY
    return replace(
        move,
        units=units,
        beyond_limit_units=move.units - units,
        volume_cubic_feet=None if each is None else units * each,
        state=state,
        reason=" ".join([move.reason, *notes]),
    )


def _cut(wanted: int, fits: int, total: int, moq: int, case_pack: int) -> int:
    """Return the units of a purchase for Amazon that are left out; `total` is bought for all pools."""
    cut = min(math.ceil((wanted - fits) / case_pack) * case_pack, wanted)
    if total > wanted:  # other pools buy, too: what Amazon does not take waits on the own shelf
        return min(cut, max(total - moq, 0)) // case_pack * case_pack
    return wanted if cut and total - cut < moq else cut
