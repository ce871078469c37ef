"""Units too few for everyone: who gets how many, so that no unit is published to two channels."""

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

NO_LIMIT = sys.maxsize

Cell = tuple[str, str]
"""A SKU at a location."""


@dataclass(frozen=True)
class Claim:
    """What one listing asks of tight stock, in units of the listing.

    `rank` is who is served first, unique among claims. `demand` is what it expects to sell until
    the next sync, `buffer` what it must leave behind, `most` what it may take; at or below
    `floor` units it would sell nothing, so they go to others. `at_least_one` waives the buffer
    for a first unit.
    """

    rank: tuple[int, int, str, str, str]
    parts: Mapping[str, int]
    locations: tuple[str, ...]
    demand: int
    buffer: int = 0
    most: int = NO_LIMIT
    floor: int = 0
    at_least_one: bool = False


def bundle_limit(components: Mapping[str, tuple[int, int]]) -> int:
    """Return how many bundles can be made: min over components of floor(available ÷ quantity).

    `components` gives (available, quantity) of each; what is owed makes no bundle, so below 0 is 0.
    """
    return max(min(available // quantity for available, quantity in components.values()), 0)


def allocate(units: int, holdings: Sequence[int]) -> list[int]:
    """Return how many of `units` to take from each holding, in order, never more than it holds."""
    taken = []
    for holding in holdings:
        taken.append(max(min(units, holding), 0))
        units -= taken[-1]
    return taken


class Shelf:
    """The units not yet given away, per SKU and location."""

    def __init__(self, left: Mapping[Cell, int], claims: Iterable[Claim]) -> None:
        self.left = dict(left)
        self.wanted = Counter(
            (sku, place) for claim in claims for sku in claim.parts for place in claim.locations
        )

    def holdings(self, claim: Claim) -> dict[str, int]:
        """Return what each location still holds for a claim, the least wanted location first.

        So a channel that may sell from two places leaves the one that another depends on.
        """
        order = sorted(
            claim.locations, key=lambda place: max(self.wanted[sku, place] for sku in claim.parts)
        )
        return {
            place: bundle_limit(
                {sku: (self.left.get((sku, place), 0), need) for sku, need in claim.parts.items()}
            )
            for place in order
        }

    def take(self, claim: Claim, most: int, leave: int) -> Counter[str]:
        """Take up to `most` units for a claim but leave `leave`; return how many from where."""
        holdings = self.holdings(claim)
        units = min(most, sum(holdings.values()) - leave)
        taken = dict(zip(holdings, allocate(units, list(holdings.values())), strict=True))
        self._move(claim, taken, -1)
        return Counter(taken)

    def put_back(self, claim: Claim, units: Mapping[str, int]) -> None:
        """Put units that a claim took back where they came from."""
        self._move(claim, units, 1)

    def _move(self, claim: Claim, units: Mapping[str, int], sign: int) -> None:
        for place, number in units.items():
            for sku, need in claim.parts.items():
                if number:
                    self.left[sku, place] += sign * number * need


def ration(claims: Sequence[Claim], left: Mapping[Cell, int]) -> list[int]:
    """Return the units given to each claim, in the order of `claims`.

    By rank, every claim is served its own demand; then, again by rank, the remainder. What a
    claim got without rising above its floor is put back and offered, by rank, to those that did.
    No unit is given twice, so Σ given ≤ left at every location and for every component.
    """
    shelf = Shelf(left, claims)
    given: list[Counter[str]] = [Counter() for _ in claims]
    ranked = sorted(range(len(claims)), key=lambda index: claims[index].rank)

    def serve(index: int, units: int) -> None:
        claim, has = claims[index], given[index].total()
        wants = min(units, claim.most) - has
        given[index] += shelf.take(claim, wants, claim.buffer)
        if claim.at_least_one and not given[index].total():
            given[index] += shelf.take(claim, min(wants, 1), 0)

    for index in ranked:
        serve(index, claims[index].demand)
    for index in ranked:
        serve(index, NO_LIMIT)
    for index in ranked:
        if given[index].total() <= claims[index].floor:
            shelf.put_back(claims[index], given[index])
            given[index].clear()
    for index in ranked:
        if given[index]:
            serve(index, NO_LIMIT)
    return [units.total() for units in given]
