"""How much of what could go to Amazon fits into the space that the shop may still fill there."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from tasks.rules.reorder_pools import FBA, Transfer, TransferState


@dataclass(frozen=True)
class Room:
    """Space at Amazon, cubic feet: what a unit of each SKU takes, and what may still be filled.

    `free` is None where the shop states no capacity; `suggested` are units that Amazon itself
    would be sent, by SKU.
    """

    unit_cubic_feet: Mapping[str, Decimal]
    free: Decimal | None
    suggested: Mapping[str, int]


def within_capacity(transfers: Iterable[Transfer], room: Room) -> list[Transfer]:
    """Return the transfers with their volume, those to Amazon cut to the space that is free.

    The SKU that is out first is served first. A capacity or a volume that nobody states limits
    nothing, and the reason says so.
    """
    free = room.free
    found = []
    for move in sorted(transfers, key=_first_out):
        each = room.unit_cubic_feet.get(move.sku)
        units, state, notes = move.units, TransferState.SUGGESTED, [move.reason]
        if move.to_pool == FBA:
            if free is None:
                notes.append("No capacity of Amazon is stated, so none limits it.")
            elif each is None:
                notes.append("No report states its volume, so capacity does not limit it.")
            else:
                units = min(units, max(math.floor(free / each), 0))
                free -= units * each
                if units < move.units:
                    state = TransferState.LIMITED if units else TransferState.NO_CAPACITY
                    notes.append(
                        f"Amazon's capacity takes {units} of {move.units} at {each:.3f} cubic feet."
                    )
            if (theirs := room.suggested.get(move.sku)) is not None:
                notes.append(f"Amazon itself would be sent {theirs}.")
        volume = None if each is None else units * each
        found.append(
            replace(
                move, units=units, volume_cubic_feet=volume, state=state, reason=" ".join(notes)
            )
        )
    return found


def _first_out(move: Transfer) -> tuple[date, str, str]:
    return move.stockout_date or date.max, move.sku, move.to_pool
